throw new Error('the module throws');
export {};
