package bot

import (
	"context"
	"fmt"
	"slices"

	tgbot "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"shopbot/internal/shop"
)

func (b *Bot) commandTable() map[string]handler {
	return map[string]handler{
		"start":    {do: b.start},
		"catalog":  {do: b.categories},
		"search":   {do: b.searchCommand},
		"buy":      {do: b.buyCommand},
		"orders":   {do: b.orders},
		"cancel":   {do: b.cancelCommand},
		"coupon":   {do: b.couponCommand},
		"cart":     {do: b.cartCommand},
		"invite":   {do: b.inviteCommand},
		"language": {do: b.language},
		"settings": {do: b.settingsButton},
		"help":     {do: b.help},
		"support":  {do: b.support},
		"wishes":   {do: b.wishes},
		"stop":     {do: b.stopOffers},

		// Telegram asks every bot that sells for these (telegram.org/tos/bot-developers).
		"paysupport": {do: b.paySupport},
		"terms":      {do: b.terms},
		"privacy":    {do: b.privacy},

		"admin":     {do: b.adminHome, role: shop.RoleSupport},
		"staff":     {do: b.staffList, role: shop.RoleOwner},
		"topics":    {do: b.topics, role: shop.RoleOwner},
		"stats":     {do: b.stats, role: shop.RoleManager},
		"order":     {do: b.orderDetails, role: shop.RoleSupport},
		"audit":     {do: b.auditOrder, role: shop.RoleSupport},
		"pause":     {do: b.pause, role: shop.RoleManager},
		"resume":    {do: b.resume, role: shop.RoleManager},
		"unblock":   {do: b.unblock, role: shop.RoleManager},
		"balance":   {do: b.balance, role: shop.RoleOwner},
		"held":      {do: b.held, role: shop.RoleSupport},
		"find":      {do: b.findCommand, role: shop.RoleSupport},
		"questions": {do: b.questions, role: shop.RoleSupport},
		"products":  {do: b.edit, role: shop.RoleManager},
		"refund":    {do: b.askRefund, role: shop.RoleManager},
		"stock":     {do: b.stockList, role: shop.RoleManager},
		"addstock":  {do: func(ctx context.Context, r *request) error { return b.stockCommand(ctx, r, false) }, role: shop.RoleManager},
		"removestock": {
			do: func(ctx context.Context, r *request) error { return b.stockCommand(ctx, r, true) }, role: shop.RoleManager,
		},
		"broadcast": {do: b.broadcastList, role: shop.RoleManager},
		"health":    {do: b.showHealth, role: shop.RoleOwner},
		"export":    {do: b.exportButton, role: shop.RoleOwner},
		"morning":   {do: b.morningButton, role: shop.RoleManager},
		"done":      {do: b.stockDone, role: shop.RoleManager},
		"coupons":   {do: b.coupons, role: shop.RoleManager},
		"qr":        {do: b.qrCommand, role: shop.RoleManager},
		"reviews":   {do: b.reviews, role: shop.RoleManager},
	}
}

func (b *Bot) buttonTable() map[string]handler {
	return map[string]handler{
		actHome:      {do: b.home, passing: true},
		actCatalog:   {do: b.categories, passing: true},
		actCategory:  {do: b.category, passing: true},
		actProduct:   {do: b.product, passing: true},
		actStep:      {do: b.step, passing: true},
		actSearch:    {do: b.searchButton, passing: true},
		actBuy:       {do: b.buyButton},
		actCheck:     {do: forOrder(b.checkPayment)},
		actCancel:    {do: forOrder(b.cancel)},
		actCancelOf:  {do: forOrder(b.cancelListed)},
		actOrder:     {do: b.order},
		actGoods:     {do: b.goods},
		actReceipt:   {do: b.receipt},
		actRenew:     {do: b.renew},
		actCollect:   {do: forOrder(b.collect)},
		actOrders:    {do: b.orders, passing: true},
		actHelp:      {do: b.help, passing: true},
		actLanguage:  {do: b.language},
		actLanguages: {do: b.languages, passing: true},
		actWait:      {do: forOrder(b.wait)},
		actMoneyBack: {do: forOrder(b.moneyBack)},
		actReturn:    {do: b.returnSurplus}, // of the buyer's own orders, or an owner's of any
		actAsk:       {do: b.ask},
		actLeave:     {do: b.leave},
		actOffers:    {do: b.offersButton},
		actSettings:  {do: b.settingsButton},
		actCoupon:    {do: b.couponButton},
		actCart:      {do: b.cartButton, passing: true},
		actCartBuy:   {do: b.buyCart},
		actQuantity:  {do: b.quantityButton},
		actAnswers:   {do: b.answersButton},
		actJoin:      {do: b.join},
		actWish:      {do: b.wishButton},
		actReview:    {do: b.review},
		actAccess:    {do: b.accessButton},
		actNothing:   {do: func(context.Context, *request) error { return nil }},

		actAdmin:     {do: b.adminHome, role: shop.RoleSupport, passing: true},
		actStaff:     {do: b.staffButton, role: shop.RoleOwner},
		actPause:     {do: b.pauseButton, role: shop.RoleManager},
		actBalance:   {do: b.balance, role: shop.RoleOwner},
		actRefund:    {do: b.refund, role: shop.RoleManager},
		actRefundNo:  {do: b.refundDropped, role: shop.RoleManager},
		actAskRefund: {do: b.askRefund, role: shop.RoleManager},
		actAsCheck:   {do: b.askCheck, role: shop.RoleManager},
		actAsHand:    {do: b.askHand, role: shop.RoleManager},
		actRelease:   {do: forOrder(b.release), role: shop.RoleManager},
		actDetails:   {do: b.orderDetails, role: shop.RoleSupport},
		actHeld:      {do: b.held, role: shop.RoleSupport},
		actStats:     {do: b.stats, role: shop.RoleManager},
		actStock:     {do: b.stockButton, role: shop.RoleManager},
		actFind:      {do: b.findButton, role: shop.RoleSupport},
		actPerson:    {do: b.personButton, role: shop.RoleSupport},
		actWrite:     {do: b.write, role: shop.RoleSupport},
		actQuestions: {do: b.questions, role: shop.RoleSupport},
		actQuestion:  {do: b.question, role: shop.RoleSupport},
		actBroadcast: {do: b.broadcastButton, role: shop.RoleManager},
		actHealth:    {do: b.showHealth, role: shop.RoleOwner},
		actExport:    {do: b.exportButton, role: shop.RoleOwner},
		actMorning:   {do: b.morningButton, role: shop.RoleManager},
		actEdit:      {do: b.edit, role: shop.RoleManager},
		actReplace:   {do: b.replace, role: shop.RoleSupport},
		actPiece:     {do: b.askPiece, role: shop.RoleManager},
		actAgain:     {do: forOrder(b.sendAgain), role: shop.RoleSupport},
		actByHand:    {do: b.byHand, role: shop.RoleManager},
		actMade:      {do: b.made, role: shop.RoleManager},
		actFiles:     {do: forOrder(b.answerFiles), role: shop.RoleSupport},
		actHandPaid:  {do: b.handPaid, role: shop.RoleOwner},
		actHandNo:    {do: b.leaveHand, role: shop.RoleManager},
		actCoupons:   {do: b.couponsButton, role: shop.RoleManager},
		actQR:        {do: b.qrButton, role: shop.RoleManager},
		actReviews:   {do: b.reviewsButton, role: shop.RoleManager},
	}
}

// forOrder is the handler of a button whose only argument is an order.
func forOrder(do func(context.Context, *request, shop.OrderID) error) func(context.Context, *request) error {
	return func(ctx context.Context, r *request) error {
		id, err := orderArgument(r.args)
		if err != nil {
			return err
		}
		return do(ctx, r, id)
	}
}

func (b *Bot) formTable() map[string]form {
	return map[string]form{
		formAsk:       {take: b.takeQuestion},
		formAnswer:    {take: b.takeAnswer, leave: b.leaveAnswer, role: shop.RoleSupport},
		formFind:      {take: b.takeSearch, role: shop.RoleSupport},
		formWrite:     {take: b.takeWritten, role: shop.RoleSupport},
		formNote:      {take: b.takeNote, role: shop.RoleSupport},
		formBlock:     {take: b.takeBlock, role: shop.RoleManager},
		formBroadcast: {take: b.takeBroadcast, leave: b.leaveBroadcast, role: shop.RoleManager},
		formEdit:      {take: b.takeEdit, leave: b.leaveEdit, role: shop.RoleManager},
		formGoods:     {take: b.takeGoods, role: shop.RoleManager},
		formMade:      {take: b.takeMade, role: shop.RoleManager},
		formPaid:      {take: b.takePaid, role: shop.RoleOwner},
		formReturned:  {take: b.takeReturned, role: shop.RoleManager},
		formCoupon:    {take: b.couponEntered},
		formQuantity:  {take: b.quantityEntered},
		formAnswers:   {take: b.takeAnswers, leave: b.leaveAnswers},
		formReview:    {take: b.takeReview},
		formReply:     {take: b.takeReply, role: shop.RoleManager},
		formNewCoupon: {take: b.couponAnswered, role: shop.RoleManager},
		formReferral:  {take: b.referralAnswered, role: shop.RoleManager},
		formStock:     {take: b.takeUnits, leave: b.leaveStock, role: shop.RoleManager},
	}
}

func buyerCommands() []string {
	return []string{"buy", "search", "cart", "orders", "catalog", "coupon", "wishes", "invite", "help", "support", "settings"}
}

// ownerCommands lists the commands of menus in their order, for everybody who helps to run the shop.
func ownerCommands() []string {
	own := []string{
		"admin", "stats", "held", "questions", "find", "order",
		"products", "stock", "addstock", "removestock",
		"refund", "audit", "broadcast", "coupons", "qr", "reviews", "export", "balance", "health",
		"staff", "topics", "morning", "pause", "resume", "unblock",
	}
	return append(own, buyerCommands()...)
}

// menuCommands lists the commands that a role is offered.
func (b *Bot) menuCommands(role shop.Role) []string {
	if role == shop.RoleBuyer {
		return buyerCommands()
	}
	return slices.DeleteFunc(ownerCommands(), func(name string) bool { return !role.May(b.commands[name].role) })
}

// SetMenus tells Telegram which commands to offer: to everybody in each of the
// shop's languages, and to the staff theirs as well.
func (b *Bot) SetMenus(ctx context.Context) error {
	of := b.shop.Catalog().Shop
	for i, language := range of.Languages {
		params := &tgbot.SetMyCommandsParams{
			Commands: commandMenu(localizerOf(b.chat.texts, language, of), buyerCommands()), LanguageCode: language,
		}
		if i == 0 { // also for everybody whose language the shop does not speak
			params.LanguageCode = ""
		}
		if err := b.chat.tg.SetMyCommands(ctx, params); err != nil {
			return fmt.Errorf("set the command menu: %w", err)
		}
	}
	for _, admin := range b.staff.With(shop.RoleSupport) {
		b.offerMenu(ctx, admin)
	}
	return nil
}

// offerMenu sets the menu of somebody who is or was of the staff. If that fails, it is set when the
// person writes to the bot.
func (b *Bot) offerMenu(ctx context.Context, user int64) {
	err := b.setMenu(ctx, user, b.chat.localizer(ctx, user, ""), b.menuCommands(b.staff.Role(user)))
	o := &b.courier.owners
	o.set(&o.menus, user, err == nil)
	if !o.isAway(ctx, b.log, user, err) && err != nil {
		b.log.InfoContext(ctx, "set owner's command menu failed", "user", user, "error", err)
	}
}

// setUserMenu redraws one person's menu after a change of language.
func (b *Bot) setUserMenu(ctx context.Context, r *request) error {
	return b.setMenu(ctx, r.user.ID, r.loc, b.menuCommands(r.role))
}

func (b *Bot) setMenu(ctx context.Context, user int64, l localizer, names []string) error {
	return b.chat.tg.SetMyCommands(ctx, &tgbot.SetMyCommandsParams{
		Commands: commandMenu(l, names), Scope: &models.BotCommandScopeChat{ChatID: user},
	})
}

func commandMenu(l localizer, names []string) []models.BotCommand {
	list := make([]models.BotCommand, 0, len(names))
	for _, name := range names {
		list = append(list, models.BotCommand{Command: name, Description: l.Plain("command_" + name)})
	}
	return list
}
