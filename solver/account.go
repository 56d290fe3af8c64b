package solver

import "multigrade/solver/internal/operator"

// Account books the floating-point operations of whatever is done with a Problem.
type Account = operator.Account

// NewAccount is an account with a limit of operations >= 0, 0 for none, which SolveGlobal
// and Solve keep.
func NewAccount(limit float64) *Account { return operator.NewAccount(limit) }
