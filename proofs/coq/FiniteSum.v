(** * Finite sums of reals over a list

    One notion of sum serves the whole development: [lsum l f] is the sum of
    [f a] for [a] in [l].  Sums over 0 .. n-1 are [sum n f := lsum (seq 0 n) f]. *)

From Coq Require Import Reals List Lra Lia Arith.
Import ListNotations.
Open Scope R_scope.

Fixpoint lsum {A : Type} (l : list A) (f : A -> R) : R :=
  match l with
  | [] => 0
  | a :: l' => f a + lsum l' f
  end.

Definition sum (n : nat) (f : nat -> R) : R := lsum (seq 0 n) f.

Section Lists.
Context {A : Type}.
Implicit Types (l : list A) (f g : A -> R).

Lemma lsum_ext l f g : (forall a, In a l -> f a = g a) -> lsum l f = lsum l g.
Proof.
  induction l as [|a l IH]; simpl; intros H; [reflexivity|].
  rewrite (H a (or_introl eq_refl)), IH; auto.
Qed.

Lemma lsum_le l f g : (forall a, In a l -> f a <= g a) -> lsum l f <= lsum l g.
Proof.
  induction l as [|a l IH]; simpl; intros H; [lra|].
  apply Rplus_le_compat; auto.
Qed.

Lemma lsum_zero l f : (forall a, In a l -> f a = 0) -> lsum l f = 0.
Proof.
  induction l as [|a l IH]; simpl; intros H; [reflexivity|].
  rewrite (H a (or_introl eq_refl)), IH; auto; lra.
Qed.

Lemma lsum_nonneg l f : (forall a, In a l -> 0 <= f a) -> 0 <= lsum l f.
Proof.
  induction l as [|a l IH]; simpl; intros H; [lra|].
  apply Rplus_le_le_0_compat; auto.
Qed.

Lemma lsum_plus l f g : lsum l (fun a => f a + g a) = lsum l f + lsum l g.
Proof. induction l as [|a l IH]; simpl; [|rewrite IH]; lra. Qed.

Lemma lsum_minus l f g : lsum l (fun a => f a - g a) = lsum l f - lsum l g.
Proof. induction l as [|a l IH]; simpl; [|rewrite IH]; lra. Qed.

Lemma lsum_scal l k f : lsum l (fun a => k * f a) = k * lsum l f.
Proof. induction l as [|a l IH]; simpl; [|rewrite IH]; lra. Qed.

Lemma lsum_scal_r l k f : lsum l (fun a => f a * k) = lsum l f * k.
Proof. induction l as [|a l IH]; simpl; [|rewrite IH]; lra. Qed.

Lemma lsum_abs l f : Rabs (lsum l f) <= lsum l (fun a => Rabs (f a)).
Proof.
  induction l as [|a l IH]; simpl; [rewrite Rabs_R0; lra|].
  eapply Rle_trans; [apply Rabs_triang|]. lra.
Qed.

Lemma lsum_app l l' f : lsum (l ++ l') f = lsum l f + lsum l' f.
Proof. induction l as [|a l IH]; simpl; [|rewrite IH]; lra. Qed.

Lemma lsum_term_le l f a :
  (forall b, In b l -> 0 <= f b) -> In a l -> f a <= lsum l f.
Proof.
  induction l as [|b l IH]; simpl; intros H Ha; [contradiction|].
  destruct Ha as [->|Ha].
  - assert (0 <= lsum l f) by (apply lsum_nonneg; auto). lra.
  - assert (f a <= lsum l f) by auto. assert (0 <= f b) by auto. lra.
Qed.

(** A sum of nonnegative terms that is zero has only zero terms. *)
Lemma lsum_zero_terms l f :
  (forall a, In a l -> 0 <= f a) -> lsum l f = 0 -> forall a, In a l -> f a = 0.
Proof.
  intros H H0 a Ha. apply Rle_antisym; [|auto].
  rewrite <- H0. now apply lsum_term_le.
Qed.

(** A nonzero sum has a nonzero term. *)
Lemma lsum_nonzero l f : lsum l f <> 0 -> exists a, In a l /\ f a <> 0.
Proof.
  induction l as [|a l IH]; simpl; intros H; [lra|].
  destruct (Req_dec (f a) 0) as [Ha|Ha]; [|now exists a; auto].
  destruct IH as [b [Hb Hb']]; [lra|]. exists b; auto.
Qed.
End Lists.

Lemma lsum_map {A B} (l : list A) (h : A -> B) f :
  lsum (map h l) f = lsum l (fun a => f (h a)).
Proof. induction l as [|a l IH]; simpl; [|rewrite IH]; reflexivity. Qed.

Lemma lsum_flat_map {A B} (l : list A) (h : A -> list B) f :
  lsum (flat_map h l) f = lsum l (fun a => lsum (h a) f).
Proof. induction l as [|a l IH]; simpl; [|rewrite lsum_app, IH]; reflexivity. Qed.

Lemma lsum_swap {A B} (l : list A) (m : list B) (f : A -> B -> R) :
  lsum l (fun a => lsum m (f a)) = lsum m (fun b => lsum l (fun a => f a b)).
Proof.
  induction l as [|a l IH]; simpl.
  - symmetry. now apply lsum_zero.
  - rewrite IH, <- lsum_plus. reflexivity.
Qed.

Lemma in_below n i : In i (seq 0 n) <-> (i < n)%nat.
Proof. rewrite in_seq. lia. Qed.

Lemma sum_S n f : sum (S n) f = sum n f + f n.
Proof. unfold sum. rewrite seq_S, lsum_app. simpl. lra. Qed.

Lemma sum_ext n f g : (forall i, (i < n)%nat -> f i = g i) -> sum n f = sum n g.
Proof. intros H. apply lsum_ext. intros i Hi. apply H, in_below, Hi. Qed.

Lemma sum_le n f g : (forall i, (i < n)%nat -> f i <= g i) -> sum n f <= sum n g.
Proof. intros H. apply lsum_le. intros i Hi. apply H, in_below, Hi. Qed.

Lemma sum_nonneg n f : (forall i, (i < n)%nat -> 0 <= f i) -> 0 <= sum n f.
Proof. intros H. apply lsum_nonneg. intros i Hi. apply H, in_below, Hi. Qed.

Lemma sum_zero n f : (forall i, (i < n)%nat -> f i = 0) -> sum n f = 0.
Proof. intros H. apply lsum_zero. intros i Hi. apply H, in_below, Hi. Qed.

Lemma sum_telescope n (f : nat -> R) : sum n (fun i => f (S i) - f i) = f n - f 0%nat.
Proof.
  induction n as [|n IH]; [unfold sum; simpl; lra|].
  rewrite sum_S, IH. lra.
Qed.
