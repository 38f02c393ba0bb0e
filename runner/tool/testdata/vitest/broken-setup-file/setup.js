throw new Error('setup is broken');
