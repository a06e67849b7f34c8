package sandbox_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/sandbox"
)

func TestAScriptBringsACrowd(t *testing.T) {
	w := newWorld(t)
	for id := range 3 {
		status, _ := do(t, w, "/ui/join", fmt.Sprintf(`{"id":%d,"name":"Buyer","language":"en"}`, 5001+id))
		require.Equal(t, http.StatusOK, status)
	}
	status, _ := do(t, w, "/ui/say", `{"as":"5002","text":"hello"}`)
	require.Equal(t, http.StatusOK, status)
	require.Len(t, w.Telegram().Chat(botToken, 5002), 1)
	status, _ = do(t, w, "/ui/join", `{"id":5002,"name":"Ann"}`)
	require.Equal(t, http.StatusOK, status, "once more")
	require.Len(t, w.Telegram().Users(), len(sandbox.People())+3)
	require.Len(t, w.Telegram().Chat(botToken, 5002), 1, "the chat is still there")
}

func TestNotEverybodyMayJoin(t *testing.T) {
	w := newWorld(t)
	for body, reason := range map[string]string{
		`{"id":0,"name":"Nobody"}`:                          "no_person",
		`{"id":-7,"name":"A group"}`:                        "no_person",
		`{"id":5001}`:                                       "no_person",
		fmt.Sprintf(`{"id":%d,"name":"Eve"}`, sandbox.Olga): "taken",
		`{"id":5001,"name":"Eve","owner":true}`:             "json",
	} {
		status, out := do(t, w, "/ui/join", body)
		require.GreaterOrEqual(t, status, http.StatusBadRequest, body)
		require.Equal(t, reason, out["reason"], body)
	}
	require.Len(t, w.Telegram().Users(), len(sandbox.People()))
}
