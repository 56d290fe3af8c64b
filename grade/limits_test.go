package grade

import "testing"

// More data have more work, but not in proportion.
func TestWorkOf(t *testing.T) {
	least := DefaultLimits().Work
	if w := WorkOf(Global, 100, 3); w != least {
		t.Errorf("few numbers: %v, want %v", w, least)
	}
	if w := WorkOf(Global, 100_000, 20); w != 10*least {
		t.Errorf("2,000,000 numbers: %v, want %v", w, 10*least)
	}
	if w := WorkOf(Restricted, 100, 3); w != listedWork*least {
		t.Errorf("listed patterns: %v, want %v", w, listedWork*least)
	}
}
