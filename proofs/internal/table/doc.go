// Package table reads data files as FORMAT.md says they mean: CSV, libsvm, npy,
// PNG and JPEG, gzip of them, and the classes that a target may name.

package table
