/** Four decimals: more would say more about single images than anybody needs. */
export const roundLoss = (loss: number): number => Math.round(loss * 1e4) / 1e4
