(** * Vectors of R^d

    A vector is a function [nat -> R] of which the entries 0 .. d-1 are read.
    [dot], the Euclidean norm and Cauchy-Schwarz are all that duality needs. *)

From Coq Require Import Reals List Lra Lia.
From Multigrade Require Import FiniteSum.
Open Scope R_scope.

Definition dot (d : nat) (u v : nat -> R) : R := sum d (fun j => u j * v j).
Definition norm2 (d : nat) (u : nat -> R) : R := dot d u u.
Definition norm (d : nat) (u : nat -> R) : R := sqrt (norm2 d u).

Lemma dot_ext d u v u' v' :
  (forall j, (j < d)%nat -> u j = u' j) -> (forall j, (j < d)%nat -> v j = v' j) ->
  dot d u v = dot d u' v'.
Proof. intros H H'. apply sum_ext. intros j Hj. now rewrite H, H'. Qed.

Lemma dot_scal_r d u k v : dot d u (fun j => k * v j) = k * dot d u v.
Proof. unfold dot, sum. rewrite <- lsum_scal. apply lsum_ext. intros; ring. Qed.

Lemma dot_scal_l d u k v : dot d (fun j => k * u j) v = k * dot d u v.
Proof. unfold dot, sum. rewrite <- lsum_scal. apply lsum_ext. intros; ring. Qed.

Lemma norm2_nonneg d u : 0 <= norm2 d u.
Proof. apply sum_nonneg. intros j _. nra. Qed.

Lemma norm_nonneg d u : 0 <= norm d u.
Proof. apply sqrt_pos. Qed.

Lemma norm_square d u : norm d u * norm d u = norm2 d u.
Proof. apply sqrt_sqrt, norm2_nonneg. Qed.

Lemma norm_scal d k u : norm d (fun j => k * u j) = Rabs k * norm d u.
Proof.
  unfold norm, norm2. rewrite dot_scal_l, dot_scal_r, <- Rmult_assoc.
  rewrite sqrt_mult_alt by apply Rle_0_sqr.
  now rewrite <- sqrt_Rsqr_abs.
Qed.

Lemma norm_ext d u v : (forall j, (j < d)%nat -> u j = v j) -> norm d u = norm d v.
Proof. intros H. unfold norm, norm2. f_equal. now apply dot_ext. Qed.

Lemma norm_zero d u : norm d u = 0 -> forall j, (j < d)%nat -> u j = 0.
Proof.
  intros H j Hj.
  assert (H2 : norm2 d u = 0) by (rewrite <- norm_square, H; ring).
  apply Rsqr_0_uniq. unfold Rsqr.
  apply (lsum_zero_terms (seq 0 d) (fun j => u j * u j)).
  - intros; nra.
  - exact H2.
  - now apply in_below.
Qed.

Lemma cauchy_schwarz_squared d u v : dot d u v * dot d u v <= norm2 d u * norm2 d v.
Proof.
  set (a := norm2 d v). set (b := dot d u v).
  assert (Ha : 0 <= a) by apply norm2_nonneg.
  assert (H : 0 <= a * a * norm2 d u - 2 * a * b * b + b * b * a).
  { replace (a * a * norm2 d u - 2 * a * b * b + b * b * a)
      with (norm2 d (fun j => a * u j - b * v j)).
    - apply norm2_nonneg.
    - unfold norm2 at 1, dot, sum.
      rewrite (lsum_ext _ _ (fun j => (a * a * (u j * u j) - 2 * a * b * (u j * v j)) + b * b * (v j * v j)))
        by (intros; ring).
      rewrite lsum_plus, lsum_minus, !lsum_scal.
      change (lsum (seq 0 d) (fun j => u j * u j)) with (norm2 d u).
      change (lsum (seq 0 d) (fun j => v j * v j)) with a.
      change (lsum (seq 0 d) (fun j => u j * v j)) with b. ring. }
  destruct (Req_dec a 0) as [Hz|Hz].
  - assert (Hb : b = 0).
    { apply sum_zero. intros j Hj.
      rewrite (norm_zero d v); [ring| |exact Hj].
      unfold norm. fold a. rewrite Hz. apply sqrt_0. }
    rewrite Hb, Hz. lra.
  - assert (0 < a) by lra. nra.
Qed.

Lemma cauchy_schwarz d u v : dot d u v <= norm d u * norm d v.
Proof.
  apply Rsqr_incr_0_var; unfold Rsqr.
  - replace (norm d u * norm d v * (norm d u * norm d v))
      with ((norm d u * norm d u) * (norm d v * norm d v)) by ring.
    rewrite !norm_square. apply cauchy_schwarz_squared.
  - apply Rmult_le_pos; apply norm_nonneg.
Qed.
