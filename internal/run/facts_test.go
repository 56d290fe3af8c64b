package run

import (
	"slices"
	"testing"
)

// Options are told in words: what is off or not given is left out, objects within are named by both names.
func TestSettingList(t *testing.T) {
	v := map[string]any{"work": 1e6, "tol": 1e-6, "off": false, "none": 0, "empty": "", "missing": nil, "bias": true,
		"target": []string{"y", "z"}, "folds": map[string]any{"parts": 5, "ahead": false}}
	want := []string{"bias", "folds.parts 5", "target y and z", "tol 1e-06", "work 1000000"}
	if got := settingList(v); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
