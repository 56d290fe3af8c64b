// Package construct joins packages approx and solver, neither of which knows the
// other: networks of few neurons with a small largest error, for the grades of
// approx.Train.
package construct
