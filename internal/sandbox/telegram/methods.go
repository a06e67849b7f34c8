package telegram

// methodTable holds the methods by name in lower case, as names are compared
// without regard to case.
func methodTable() map[string]method {
	return map[string]method{
		"getme":      {getMe, quiet},
		"getchat":    {getChat, quiet},
		"getfile":    {getFile, quiet},
		"logout":     {nothing, quiet},
		"close":      {nothing, quiet},
		"getupdates": {getUpdates, free},

		"setwebhook":     {setWebhook, act},
		"deletewebhook":  {deleteWebhook, act},
		"getwebhookinfo": {getWebhookInfo, quiet},

		"sendmessage":    {sendMessage, send},
		"sendphoto":      {sendPhoto, send},
		"senddocument":   {sendDocument, send},
		"sendmediagroup": {sendMediaGroup, send},
		"sendchataction": {sendChatAction, quiet},
		"forwardmessage": {forwardMessage, send},
		"copymessage":    {copyMessage, send},

		"editmessagetext":        {editMessageText, send},
		"editmessagecaption":     {editMessageCaption, send},
		"editmessagemedia":       {editMessageMedia, send},
		"editmessagereplymarkup": {editMessageReplyMarkup, send},
		"deletemessage":          {deleteMessage, act},
		"deletemessages":         {deleteMessages, act},
		"pinchatmessage":         {pinChatMessage, act},
		"unpinchatmessage":       {unpinChatMessage, act},
		"unpinallchatmessages":   {unpinChatMessage, act},
		"answercallbackquery":    {answerCallbackQuery, act},

		"setmycommands":         {setMyCommands, act},
		"getmycommands":         {getMyCommands, quiet},
		"deletemycommands":      {deleteMyCommands, act},
		"setmyname":             {setMyName, act},
		"getmyname":             {getMyName, quiet},
		"setmydescription":      {setMyDescription, act},
		"getmydescription":      {getMyDescription, quiet},
		"setmyshortdescription": {setMyShortDescription, act},
		"getmyshortdescription": {getMyShortDescription, quiet},
		"setchatmenubutton":     {setChatMenuButton, act},
		"getchatmenubutton":     {getChatMenuButton, quiet},
	}
}

// nothing answers calls that make a bot leave the server, which matters not here.
func nothing(*call) (any, error) { return true, nil }
