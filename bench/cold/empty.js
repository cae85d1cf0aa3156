/** What everyone has before it begins. */
export const firstPicture = () => new Float32Array();
