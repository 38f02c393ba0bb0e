export const help = ;
