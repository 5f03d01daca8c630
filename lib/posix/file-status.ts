/** What fstat(2) tells of an object that lives in a file system. */
export interface FileStatus {
  /** Permission bits. */
  mode: number;
  uid: number;
  gid: number;
  dev: number;
  ino: number;
  /** Names that lead to it; 0 when it was unlinked. */
  links: number;
  atime: Date;
  mtime: Date;
  ctime: Date;
}
