//go:build race

package dense

func init() { detecting = true }
