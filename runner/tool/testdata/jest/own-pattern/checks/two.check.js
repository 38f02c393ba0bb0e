throw new Error('ignored');
