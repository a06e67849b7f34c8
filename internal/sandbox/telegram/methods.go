package telegram

import (
	"maps"
	"slices"
	"strings"
)

// method is one method of the Bot API. All kinds but blocks run under the lock.
type method struct {
	run  func(*call) any // the result counts if the call is not refused
	kind methodKind
}

type methodKind int

const (
	reads   methodKind = iota // changes nothing that a user could see
	changes                   // changes something
	sends                     // changes something, and counts towards the rate limits
	blocks                    // takes the lock itself, as it waits
)

// What methods of groups answer in private chats.
const (
	noBans     = "can't ban members in private chats"
	onlyGroups = "method is available for supergroup and channel chats only"
)

// methodTable holds the methods by name.
func methodTable() map[string]method {
	nothing := func(*call) any { return true } // for methods that leave the server
	return map[string]method{
		"getMe":      {getMe, reads},
		"getFile":    {getFile, reads},
		"logOut":     {nothing, reads},
		"close":      {nothing, reads},
		"getUpdates": {getUpdates, blocks},

		"setWebhook":     {setWebhook, changes},
		"deleteWebhook":  {deleteWebhook, changes},
		"getWebhookInfo": {getWebhookInfo, reads},

		"sendMessage":        {toChat(sendMessage), sends},
		"sendPhoto":          {toChat(sendMedia("photo")), sends},
		"sendDocument":       {toChat(sendMedia("document")), sends},
		"sendVideo":          {toChat(sendMedia("video")), sends},
		"sendAnimation":      {toChat(sendMedia("animation")), sends},
		"sendAudio":          {toChat(sendMedia("audio")), sends},
		"sendVoice":          {toChat(sendMedia("voice")), sends},
		"sendVideoNote":      {toChat(sendMedia("video_note")), sends},
		"sendSticker":        {toChat(sendMedia("sticker")), sends},
		"sendMediaGroup":     {toChat(sendMediaGroup), sends},
		"sendLocation":       {toChat(sendContent((*call).location)), sends},
		"sendVenue":          {toChat(sendContent((*call).venue)), sends},
		"sendContact":        {toChat(sendContent((*call).contact)), sends},
		"sendDice":           {toChat(sendContent((*call).dice)), sends},
		"sendPoll":           {toChat(sendContent((*call).poll)), sends},
		"stopPoll":           {toChat(stopPoll), changes},
		"sendChatAction":     {toChat(sendChatAction), reads},
		"forwardMessage":     {toChat(forwardMessage), sends},
		"forwardMessages":    {toChat(forwardMessages), sends},
		"copyMessage":        {toChat(copyMessage), sends},
		"copyMessages":       {toChat(copyMessages), sends},
		"setMessageReaction": {toChat(setMessageReaction), changes},

		"editMessageText":        {toChat(edit(editText)), sends},
		"editMessageCaption":     {toChat(edit(editCaption)), sends},
		"editMessageMedia":       {toChat(edit(editMedia)), sends},
		"editMessageReplyMarkup": {toChat(edit(editMarkup)), sends},
		"deleteMessage":          {fromChat(deleteMessage), changes},
		"deleteMessages":         {fromChat(deleteMessages), changes},
		"pinChatMessage":         {toChat(pinChatMessage), changes},
		"unpinChatMessage":       {toChat(unpinChatMessage), changes},
		"unpinAllChatMessages":   {toChat(unpinChatMessage), changes},
		"answerCallbackQuery":    {answerCallbackQuery, changes},
		"answerInlineQuery":      {answerInlineQuery, changes},

		"getChat":                  {fromChat(getChat), reads},
		"getChatMember":            {fromChat(getChatMember), reads},
		"getChatMemberCount":       {fromChat(getChatMemberCount), reads},
		"getChatMembersCount":      {fromChat(getChatMemberCount), reads}, // the name before Bot API 5.3
		"getChatAdministrators":    {fromChat(inGroups("there are no administrators in the private chat", getChatAdministrators)), reads},
		"banChatMember":            {toChat(restricter(noBans, banMember)), changes},
		"kickChatMember":           {toChat(restricter(noBans, banMember)), changes}, // likewise
		"unbanChatMember":          {toChat(restricter(onlyGroups, unbanMember)), changes},
		"restrictChatMember":       {toChat(restricter("method is available only for supergroups", restrictMember)), changes},
		"promoteChatMember":        {toChat(promoter(onlyGroups, promoteMember)), changes},
		"createForumTopic":         {toChat(inForums(createForumTopic)), changes},
		"closeForumTopic":          {toChat(inForums(turnTopic(true))), changes},
		"reopenForumTopic":         {toChat(inForums(turnTopic(false))), changes},
		"leaveChat":                {toChat(inGroups("can't leave private chats", leaveChat)), changes},
		"exportChatInviteLink":     {toChat(inviter(exportChatInviteLink)), changes},
		"createChatInviteLink":     {toChat(inviter(createChatInviteLink)), changes},
		"editChatInviteLink":       {toChat(inviter(editChatInviteLink)), changes},
		"approveChatJoinRequest":   {toChat(inviting(approveChatJoinRequest)), changes},
		"declineChatJoinRequest":   {toChat(inviting(declineChatJoinRequest)), changes},
		"revokeChatInviteLink":     {toChat(inviter(revokeChatInviteLink)), changes},
		"sendInvoice":              {toChat(sendInvoice), sends},
		"answerPreCheckoutQuery":   {answerPreCheckoutQuery, changes},
		"createInvoiceLink":        {createInvoiceLink, changes},
		"editUserStarSubscription": {editUserStarSubscription, changes},
		"refundStarPayment":        {refundStarPayment, changes},
		"getMyStarBalance":         {getMyStarBalance, reads},
		"getStarTransactions":      {getStarTransactions, reads},

		"getUserProfilePhotos": {getUserProfilePhotos, reads},

		"setMyCommands":         {setMyCommands, changes},
		"getMyCommands":         {getMyCommands, reads},
		"deleteMyCommands":      {deleteMyCommands, changes},
		"setMyName":             {botName.set, changes},
		"getMyName":             {botName.get, reads},
		"setMyDescription":      {botDescription.set, changes},
		"getMyDescription":      {botDescription.get, reads},
		"setMyShortDescription": {botAbout.set, changes},
		"getMyShortDescription": {botAbout.get, reads},
		"setChatMenuButton":     {setChatMenuButton, changes},
		"getChatMenuButton":     {getChatMenuButton, reads},
	}
}

// Methods lists the methods of the Bot API that a Service knows, sorted.
func Methods() []string {
	return slices.Sorted(maps.Keys(methodTable()))
}

// methodsByName are the methods by name in lower case: names are not case-sensitive.
func methodsByName() map[string]method {
	methods := map[string]method{}
	for name, m := range methodTable() {
		methods[strings.ToLower(name)] = m
	}
	return methods
}
