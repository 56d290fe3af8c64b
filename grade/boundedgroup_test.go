package grade

import (
	"strings"
	"testing"
)

// A panic beside the caller is one that the caller can recover from.
func TestBoundedGroupPanic(t *testing.T) {
	defer func() {
		if text, ok := recover().(string); !ok || !strings.HasPrefix(text, "slip\n") {
			t.Errorf("recovered %q", text)
		}
	}()
	boundedGroup(3, func(i int) error {
		if i == 1 {
			panic("slip")
		}
		return nil
	})
	t.Error("no panic")
}
