// Signs and names of assets.

import { h } from "./dom.js";

const known = {
  USDT: ["₮", "Tether"], TON: ["◆", "Toncoin"], BTC: ["B", "Bitcoin"], ETH: ["Ξ", "Ethereum"], LTC: ["Ł", "Litecoin"],
  BNB: ["BNB", "BNB"], TRX: ["T", "TRON"], USDC: ["$", "USD Coin"], JET: ["J", "Jet test coin"],
};

export const coinName = (asset) => known[asset]?.[1] ?? asset;

export function coin(asset) {
  return h("span", { class: "coin", data: { asset }, "aria-hidden": "true", text: known[asset]?.[0] ?? asset[0] });
}
