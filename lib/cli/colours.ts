import picocolors from 'picocolors';

/** Colours for a terminal, and none for a pipe or a file, whatever machine this is; NO_COLOR forbids them there too. */
export const colours = picocolors.createColors(process.stdout.isTTY === true && !process.env.NO_COLOR);
