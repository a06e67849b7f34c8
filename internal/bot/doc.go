// Package bot is the conversation: what buyers and owners see in the chat, and
// what their messages and buttons do. It knows the shop and Telegram, and
// neither the payment service nor the database.
//
// The one idea to keep in mind: a screen is a pure function of what there is to
// show. Handlers read an update, call the shop, and show a screen; going back and
// forth edits one message, while goods and warnings are messages of their own.
// Whatever comes out of a button is untrusted, and is checked against who pressed it.
package bot
