throw new Error('the configuration is broken');
