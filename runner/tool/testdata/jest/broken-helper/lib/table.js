exports.rows = undefined.rows;
