package bot

import (
	"testing"

	"github.com/go-telegram/bot/models"
	"github.com/stretchr/testify/require"
)

// After a crash the messages of the last seconds come again.
func TestAMessageWhoseListIsOnSaleIsNotReadAgain(t *testing.T) {
	waiting := &stockList{ID: "a", Pieces: []piece{{Message: 6}}}
	asked := &stockList{ID: "b"}
	for name, c := range map[string]struct {
		form     stockForm
		message  int
		list     *stockList
		repeated bool
	}{
		"its list waits":                             {stockForm{Lists: []*stockList{waiting}, Open: "a", Seen: 6, SeenAt: 100}, 6, waiting, true},
		"its list is on sale":                        {stockForm{Seen: 6, SeenAt: 100}, 6, nil, true},
		"a later list is on sale":                    {stockForm{Seen: 6, SeenAt: 100}, 5, nil, true},
		"a command whose answer may have got lost":   {stockForm{Lists: []*stockList{asked}, Open: "b", Seen: 6, SeenAt: 100}, 6, nil, false},
		"a new message":                              {stockForm{Seen: 6, SeenAt: 100}, 7, nil, false},
		"a new message of a server that counts anew": {stockForm{Seen: 6, SeenAt: 99}, 5, nil, false},
	} {
		list, repeated := c.form.repeated(&models.Message{ID: c.message, Date: 100})
		require.Equal(t, c.repeated, repeated, name)
		require.Equal(t, c.list, list, name)
	}
}
