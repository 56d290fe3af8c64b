(** * Transfers between rows

    Rows that resemble one another are bounded together: a transfer moves weight of a row to multiples of others and to what is
    left of it, d = x_i - sum a x_k, a row that is bounded by a parabola of slope 1/2.  `section global rows` of FORMAT.md. *)

From Coq Require Import Reals List Lra Lia Arith.
From Multigrade Require Import FiniteSum Vector WeakDuality TrainingBound GlobalBound.
Import ListNotations.
Open Scope R_scope.

(** relu is a seminorm but for the sign. *)
Lemma relu_subadditive s t : relu (s + t) <= relu s + relu t.
Proof. unfold relu. apply Rmax_lub; [apply Rplus_le_compat; apply Rmax_l|]. rewrite <- (Rplus_0_r 0) at 1. apply Rplus_le_compat; apply Rmax_r. Qed.

Lemma relu_sum {A} (l : list A) f : relu (lsum l f) <= lsum l (fun a => relu (f a)).
Proof.
  induction l as [|a l IH]; simpl; [rewrite relu_pos; lra|]. eapply Rle_trans; [apply relu_subadditive|]. lra.
Qed.

Lemma relu_multiple a t : relu (a * t) = Rabs a * relu t + Rmin a 0 * t.
Proof.
  destruct (Rle_dec 0 a) as [H|H].
  - rewrite relu_scal, Rabs_pos_eq, Rmin_right by lra. ring.
  - rewrite Rabs_left, Rmin_left by lra. unfold relu, Rmax. destruct (Rle_dec (a * t) 0), (Rle_dec t 0); nra.
Qed.

Record transfer := Move { from : nat; share : R; bend : R; onto : list (nat * R) }.

Section Transfers.
Variables n d : nat.
Variable X : nat -> nat -> R.
Notation row := (WeakDuality.row d X).

(** What is left of the row: d.w. *)
Definition left_over (t : transfer) (w : nat -> R) : R := row w (from t) - lsum (onto t) (fun p => snd p * row w (fst p)).

Definition allowed (t : transfer) : Prop :=
  0 < share t /\ 0 < bend t /\ (from t < n)%nat /\ forall p, In p (onto t) -> (fst p < n)%nat.

(** The weights afterwards. *)
Definition at_row (k : nat) (c : R) (i : nat) : R := if Nat.eqb i k then c else 0.
Definition moved (nu : nat -> R) (ts : list transfer) (i : nat) : R :=
  nu i - lsum ts (fun t => at_row (from t) (share t) i)
  + lsum ts (fun t => lsum (onto t) (fun p => at_row (fst p) (share t * Rabs (snd p)) i)).

(** The part that is linear in w, the quadratic one and the constant. *)
Definition linear_part (ts : list transfer) (w : nat -> R) : R :=
  lsum ts (fun t => share t * (lsum (onto t) (fun p => Rmin (snd p) 0 * row w (fst p)) + left_over t w / 2)).
Definition quadratic_part (ts : list transfer) (w : nat -> R) : R :=
  lsum ts (fun t => share t * bend t * (left_over t w * left_over t w)).
Definition constant_part (ts : list transfer) : R := lsum ts (fun t => share t / (16 * bend t)).

Lemma sum_at_row k c v : (k < n)%nat -> sum n (fun i => at_row k c i * v i) = c * v k.
Proof.
  intros Hk. unfold at_row. induction n as [|m IH]; [lia|]. rewrite sum_S. destruct (Nat.eqb_spec m k) as [->|Hne].
  - rewrite sum_zero; [ring|]. intros i Hi. destruct (Nat.eqb_spec i k); [lia | ring].
  - rewrite IH by lia. ring.
Qed.

(** One transfer. *)
Lemma transfer_bound t w : allowed t ->
  share t * relu (row w (from t)) <= lsum (onto t) (fun p => share t * Rabs (snd p) * relu (row w (fst p)))
    + share t * (lsum (onto t) (fun p => Rmin (snd p) 0 * row w (fst p)) + left_over t w / 2)
    + share t * bend t * (left_over t w * left_over t w) + share t / (16 * bend t).
Proof.
  intros [Hf [Hg _]]. set (D := left_over t w).
  assert (H : relu (row w (from t)) <= lsum (onto t) (fun p => relu (snd p * row w (fst p))) + relu D).
  { replace (row w (from t)) with (lsum (onto t) (fun p => snd p * row w (fst p)) + D) by (unfold D, left_over; ring).
    eapply Rle_trans; [apply relu_subadditive|]. apply Rplus_le_compat_r, relu_sum. }
  rewrite (lsum_ext _ _ (fun p => Rabs (snd p) * relu (row w (fst p)) + Rmin (snd p) 0 * row w (fst p))) in H by (intros; apply relu_multiple).
  rewrite lsum_plus in H. assert (HD := parabola_above (1 / 2) (bend t) D Hg).
  replace (Rmax (1 / 2 * (1 / 2)) ((1 - 1 / 2) * (1 - 1 / 2)) / (4 * bend t)) with (/ (16 * bend t)) in HD.
  2: { replace ((1 - 1 / 2) * (1 - 1 / 2)) with (1 / 2 * (1 / 2)) by field. rewrite Rmax_left by lra. field. lra. }
  rewrite (lsum_ext _ (fun p => share t * Rabs (snd p) * relu (row w (fst p))) (fun p => share t * (Rabs (snd p) * relu (row w (fst p)))))
    by (intros; ring). rewrite lsum_scal.
  set (A := lsum _ _) in *. set (B := lsum _ (fun p => Rmin _ _ * _)) in *.
  replace (share t / (16 * bend t)) with (share t * / (16 * bend t)) by reflexivity.
  replace (share t * A + share t * (B + D / 2) + share t * bend t * (D * D) + share t * / (16 * bend t))
    with (share t * (A + B + D / 2 + bend t * (D * D) + / (16 * bend t))) by ring.
  apply Rmult_le_compat_l; lra.
Qed.

(** All of them: the correlation of nu is at most that of what remains, and the three parts. *)
Theorem transfers_bound nu ts w : (forall t, In t ts -> allowed t) ->
  correlation n d X nu w <= correlation n d X (moved nu ts) w + linear_part ts w + quadratic_part ts w + constant_part ts.
Proof.
  intros Hts.
  assert (E : correlation n d X (moved nu ts) w = correlation n d X nu w - lsum ts (fun t => share t * relu (row w (from t)))
                + lsum ts (fun t => lsum (onto t) (fun p => share t * Rabs (snd p) * relu (row w (fst p))))).
  { assert (E1 : sum n (fun i => lsum ts (fun t => at_row (from t) (share t) i) * relu (row w i))
                 = lsum ts (fun t => share t * relu (row w (from t)))).
    { unfold sum. rewrite (lsum_ext _ _ (fun i => lsum ts (fun t => at_row (from t) (share t) i * relu (row w i))))
        by (intros; now rewrite lsum_scal_r). rewrite lsum_swap. apply lsum_ext. intros t Ht.
      destruct (Hts t Ht) as [_ [_ [Hn _]]]. now apply (sum_at_row (from t) (share t) (fun i => relu (row w i))). }
    assert (E2 : sum n (fun i => lsum ts (fun t => lsum (onto t) (fun p => at_row (fst p) (share t * Rabs (snd p)) i)) * relu (row w i))
                 = lsum ts (fun t => lsum (onto t) (fun p => share t * Rabs (snd p) * relu (row w (fst p))))).
    { unfold sum. rewrite (lsum_ext _ _ (fun i => lsum ts (fun t => lsum (onto t) (fun p => at_row (fst p) (share t * Rabs (snd p)) i * relu (row w i))))).
      2: { intros i _. rewrite <- lsum_scal_r. apply lsum_ext. intros t _. now rewrite <- lsum_scal_r. }
      rewrite lsum_swap. apply lsum_ext. intros t Ht. rewrite lsum_swap. apply lsum_ext. intros p Hp.
      destruct (Hts t Ht) as [_ [_ [_ Hn]]]. now apply (sum_at_row (fst p) _ (fun i => relu (row w i))), Hn. }
    rewrite <- E1, <- E2. unfold correlation, moved, sum. rewrite <- lsum_minus, <- lsum_plus. apply lsum_ext. intros i _. ring. }
  rewrite E. unfold linear_part, quadratic_part, constant_part.
  assert (H : lsum ts (fun t => share t * relu (row w (from t))) <=
              lsum ts (fun t => lsum (onto t) (fun p => share t * Rabs (snd p) * relu (row w (fst p)))
                + share t * (lsum (onto t) (fun p => Rmin (snd p) 0 * row w (fst p)) + left_over t w / 2)
                + share t * bend t * (left_over t w * left_over t w) + share t / (16 * bend t)))
    by (apply lsum_le; intros t Ht; apply transfer_bound; auto).
  rewrite !lsum_plus in H. lra.
Qed.

(** The conditions of `section global rows` for one sign, transfers included. *)
Definition rows_hold (nu a g : nat -> R) (ts : list transfer) (mu tau : R) : Prop :=
  0 <= mu /\ (forall t, In t ts -> allowed t) /\ parabolas_fit n d X (moved nu ts) a g /\
  forall w t, 0 <= mu * norm2 d w - (sum n (fun i => moved nu ts i * g i * (row w i * row w i)) + quadratic_part ts w)
                   - t * (sum n (fun i => moved nu ts i * (a i * row w i)) + linear_part ts w) + tau * (t * t).

Definition rows_value (nu a g : nat -> R) (ts : list transfer) (mu tau : R) : R :=
  mu + tau + sum n (fun i => relu (moved nu ts i) * parabola_constant (a i) (g i)) + constant_part ts.

Lemma rows_side nu a g ts mu tau w : rows_hold nu a g ts mu tau -> norm d w <= 1 ->
  correlation n d X nu w <= rows_value nu a g ts mu tau.
Proof.
  intros [Hmu [Hts [Hfit Hform]]] Hw. unfold rows_value. assert (H1 := Hform w 1). assert (H2 := in_ball_scaled d mu w Hmu Hw).
  assert (H3 := parabolas_sum n d X _ a g w Hfit Hw). assert (H4 := transfers_bound nu ts w Hts). lra.
Qed.

(** Parabolas and transfers for both signs bound m(nu). *)
Theorem rows_global nu a g ts mu tau a' g' ts' mu' tau' m :
  rows_hold nu a g ts mu tau -> rows_hold (fun i => - nu i) a' g' ts' mu' tau' ->
  rows_value nu a g ts mu tau <= m -> rows_value (fun i => - nu i) a' g' ts' mu' tau' <= m ->
  globally_feasible n d X m nu.
Proof.
  intros Hplus Hminus H1 H2 w Hw. apply Rabs_le. split.
  - assert (h := rows_side _ _ _ _ _ _ w Hminus Hw). rewrite correlation_opp in h. lra.
  - assert (h := rows_side _ _ _ _ _ _ w Hplus Hw). lra.
Qed.

(** Without transfers it is what GlobalBound.v has. *)
Theorem rows_without_transfers nu a g mu tau : rows_hold nu a g [] mu tau <-> parabolas_hold n d X nu a g mu tau.
Proof.
  assert (E : forall i, moved nu [] i = nu i) by (intros i; unfold moved; simpl; ring).
  unfold rows_hold, parabolas_hold, parabolas_fit, quadratic_part, linear_part. cbn [lsum].
  assert (F : forall w t, mu * norm2 d w - (sum n (fun i => moved nu [] i * g i * (row w i * row w i)) + 0)
                   - t * (sum n (fun i => moved nu [] i * (a i * row w i)) + 0) + tau * (t * t)
            = mu * norm2 d w - sum n (fun i => nu i * g i * (row w i * row w i)) - t * sum n (fun i => nu i * (a i * row w i)) + tau * (t * t)).
  { intros w t. rewrite !Rplus_0_r. do 2 f_equal; [|f_equal]; [f_equal|]; apply sum_ext; intros; now rewrite E. }
  split.
  - intros [H0 [_ [[Hu Hd] Hf]]]. split; [exact H0|]. split; [split; intros i Hi Hn; [apply Hu | apply Hd]; auto; now rewrite E|].
    intros w t. rewrite <- F. apply Hf.
  - intros [H0 [[Hu Hd] Hf]]. split; [exact H0|]. split; [intros t []|].
    split; [split; intros i Hi Hn; rewrite E in Hn; [apply Hu | apply Hd]; auto|]. intros w t. rewrite F. apply Hf.
Qed.
End Transfers.
