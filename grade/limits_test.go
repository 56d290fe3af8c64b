package grade

import "testing"

// More data have more work, but not in proportion.
func TestWorkOf(t *testing.T) {
	least := DefaultLimits().Work
	if w := WorkOf(100, 3); w != least {
		t.Errorf("few numbers: %v, want %v", w, least)
	}
	if w := WorkOf(100_000, 20); w != 10*least {
		t.Errorf("2,000,000 numbers: %v, want %v", w, 10*least)
	}
}
