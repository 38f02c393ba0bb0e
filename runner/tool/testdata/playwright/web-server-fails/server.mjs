console.error('no port is free');
process.exit(3);
