import pico from 'picocolors';

export type Colors = ReturnType<typeof pico.createColors>;

export const makeColours = (hasColours: boolean): Colors => pico.createColors(hasColours);
