/** Where rolechain is installed. */
export const NAMESPACE = 'rolechain';
