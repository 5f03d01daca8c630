'use strict';
require('./bootstrap/requirements.cjs').requireTools();
require('./bootstrap/steps.cjs').prepare();
