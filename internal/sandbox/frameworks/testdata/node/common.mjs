// What every script shares. API is the base address of the Bot API, ROOT the address of its host.
export const { API, ROOT, SECURE, TOKEN, APP_TOKEN, USER } = process.env;
export const picture = Buffer.from(process.env.PICTURE, "base64");
export const keys = Buffer.from("KEY-1\n");

// content downloads a file by its file_path.
export const content = async (path) => (await fetch(`${API}/file/bot${TOKEN}/${path}`)).text();

// ready tells the test that the script works.
export const ready = () => console.log("ready");
