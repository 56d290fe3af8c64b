// Package sphere decides m(nu) = max of |nu'relu(Xw)| over |w| <= 1 <= radius from
// evidence: trees of cones that cover the space, or a closed form.

package sphere
