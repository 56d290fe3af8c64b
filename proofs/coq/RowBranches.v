(** * Branching at the signs of rows

    The ball is divided by the signs of some rows x_i.w.  On a part the rows of its way are linear in w or zero, whatever their
    weight, and a |x_i.w| - b (x_i.w)^2 >= 0 may be added for them; all others have their parabolas and transfers
    (RowTransfers).  `section global branches` of FORMAT.md. *)

From Coq Require Import Reals List Lra Lia Arith.
From Multigrade Require Import FiniteSum Vector WeakDuality TrainingBound GlobalBound RowTransfers.
Import ListNotations.
Open Scope R_scope.

(** A row whose sign is known, and the numbers a and b that a leaf gives it. *)
Record known := Known { of_row : nat; sign : R; more : R; less : R }.

Section Branches.
Variables n d : nat.
Variable X : nat -> nat -> R.
Notation row := (WeakDuality.row d X).

(** The part of the ball where rows have these signs. *)
Definition part_of_way (way : list (nat * R)) (w : nat -> R) : Prop :=
  norm d w <= 1 /\ forall p, In p way -> 0 <= snd p * row w (fst p).

(** ** A leaf *)

Definition signs_of (ks : list known) : list (nat * R) := map (fun k => (of_row k, sign k)) ks.
Definition on_way (ks : list known) (i : nat) : bool := existsb (fun k => Nat.eqb (of_row k) i) ks.

Definition known_fits (a g : nat -> R) (k : known) : Prop :=
  (sign k = 1 \/ sign k = -1) /\ 0 <= less k /\ less k * norm d (X (of_row k)) <= more k /\
  a (of_row k) = (1 + sign k) / 2 /\ g (of_row k) = 0.

Definition leaf_fits (m a g : nat -> R) (ks : list known) : Prop :=
  (forall k, In k ks -> known_fits a g k) /\
  (forall i, (i < n)%nat -> on_way ks i = false -> 0 < m i -> 0 < g i) /\
  (forall i, (i < n)%nat -> on_way ks i = false -> m i < 0 -> 0 <= g i /\ g i * norm d (X i) <= a i /\ g i * norm d (X i) <= 1 - a i).

Definition more_part (ks : list known) (w : nat -> R) : R := lsum ks (fun k => more k * (sign k * row w (of_row k))).
Definition less_part (ks : list known) (w : nat -> R) : R := lsum ks (fun k => less k * (row w (of_row k) * row w (of_row k))).

Lemma on_way_in ks i : on_way ks i = true -> exists k, In k ks /\ of_row k = i.
Proof. intros H. apply existsb_exists in H. destruct H as [k [Hk E]]. apply Nat.eqb_eq in E. now exists k. Qed.

Lemma relu_of_known a g k w : known_fits a g k -> 0 <= sign k * row w (of_row k) ->
  relu (row w (of_row k)) = a (of_row k) * row w (of_row k).
Proof.
  intros [[Hs|Hs] [_ [_ [Ha _]]]] Ht; rewrite Ha, Hs; rewrite Hs in Ht.
  - rewrite relu_pos by lra. lra.
  - rewrite relu_neg by lra. lra.
Qed.

Lemma added_is_nonneg a g k w : known_fits a g k -> norm d w <= 1 -> 0 <= sign k * row w (of_row k) ->
  less k * (row w (of_row k) * row w (of_row k)) <= more k * (sign k * row w (of_row k)).
Proof.
  intros [Hs [Hl [Hm _]]] Hw Ht. set (t := row w (of_row k)) in *.
  assert (Hr := row_in_ball d X w (of_row k) Hw). fold t in Hr.
  assert (E : sign k * t = Rabs t).
  { destruct Hs as [Hs|Hs]; rewrite Hs in Ht |- *; [rewrite Rabs_pos_eq by lra | rewrite Rabs_left1 by lra]; lra. }
  rewrite E. replace (t * t) with (Rabs t * Rabs t) by (rewrite <- Rabs_mult; apply Rabs_pos_eq, Rle_0_sqr).
  assert (h := Rabs_pos t). assert (h1 : less k * Rabs t <= more k) by (eapply Rle_trans; [apply Rmult_le_compat_l; eassumption | exact Hm]).
  rewrite <- Rmult_assoc. apply Rmult_le_compat_r; assumption.
Qed.

(** Rows on the way pay no constant. *)
Definition constants (m a g : nat -> R) (ks : list known) : R :=
  sum n (fun i => if on_way ks i then 0 else relu (m i) * parabola_constant (a i) (g i)).

Lemma leaf_sum m a g ks w : leaf_fits m a g ks -> part_of_way (signs_of ks) w ->
  correlation n d X m w <= sum n (fun i => m i * g i * (row w i * row w i)) - less_part ks w
    + (sum n (fun i => m i * (a i * row w i)) + more_part ks w) + constants m a g ks.
Proof.
  intros [Hk [Hup Hdown]] [Hw Hway].
  assert (Hsign : forall k, In k ks -> 0 <= sign k * row w (of_row k)).
  { intros k Hin. apply (Hway (of_row k, sign k)). unfold signs_of. apply (in_map (fun k => (of_row k, sign k))). exact Hin. }
  assert (H1 : less_part ks w <= more_part ks w).
  { unfold less_part, more_part. apply lsum_le. intros k Hin. eapply added_is_nonneg; eauto. }
  assert (H2 : correlation n d X m w <= sum n (fun i => m i * g i * (row w i * row w i)) + sum n (fun i => m i * (a i * row w i)) + constants m a g ks).
  { unfold correlation, constants, sum. rewrite <- !lsum_plus. apply lsum_le. intros i Hi. apply in_below in Hi.
    destruct (on_way ks i) eqn:E.
    - destruct (on_way_in ks i E) as [k [Hin <-]]. rewrite (relu_of_known a g k w); auto.
      destruct (Hk k Hin) as [_ [_ [_ [_ ->]]]]. lra.
    - set (t := row w i). destruct (Rtotal_order (m i) 0) as [Hn|[Hn|Hn]].
      + destruct (Hdown i Hi E Hn) as [h1 [h2 h3]]. assert (h := parabola_below _ _ _ t h1 h2 h3 (row_in_ball d X w i Hw)).
        rewrite (relu_neg (m i)) by lra. nra.
      + rewrite Hn. rewrite (relu_neg 0) by lra. lra.
      + assert (h := parabola_above (a i) (g i) t (Hup i Hi E Hn)). rewrite (relu_pos (m i)) by lra. unfold parabola_constant. nra. }
  lra.
Qed.

(** The conditions of a leaf for one sign of nu. *)
Definition branch_holds (nu a g : nat -> R) (ts : list transfer) (ks : list known) (mu tau : R) : Prop :=
  0 <= mu /\ (forall t, In t ts -> allowed n t) /\ leaf_fits (moved nu ts) a g ks /\
  forall w t, 0 <= mu * norm2 d w - (sum n (fun i => moved nu ts i * g i * (row w i * row w i)) + quadratic_part d X ts w - less_part ks w)
                   - t * (sum n (fun i => moved nu ts i * (a i * row w i)) + linear_part d X ts w + more_part ks w) + tau * (t * t).

Definition branch_value (nu a g : nat -> R) (ts : list transfer) (ks : list known) (mu tau : R) : R :=
  mu + tau + constants (moved nu ts) a g ks + constant_part ts.

Theorem branch_leaf_sound nu a g ts ks mu tau w : branch_holds nu a g ts ks mu tau -> part_of_way (signs_of ks) w ->
  correlation n d X nu w <= branch_value nu a g ts ks mu tau.
Proof.
  intros [Hmu [Hts [Hfit Hform]]] Hw. unfold branch_value. assert (H1 := Hform w 1).
  assert (H2 := in_ball_scaled d mu w Hmu (proj1 Hw)).
  assert (H3 := leaf_sum _ a g ks w Hfit Hw). assert (H4 := transfers_bound n d X nu ts w Hts). lra.
Qed.

(** ** The tree *)

Inductive branches_proved (nu : nat -> R) (m : R) : list (nat * R) -> Prop :=
| branch_leaf way : (forall w, part_of_way way w -> correlation n d X nu w <= m) -> branches_proved nu m way
| branch_at way i : branches_proved nu m ((i, 1) :: way) -> branches_proved nu m ((i, -1) :: way) -> branches_proved nu m way.

Theorem branches_tree_sound nu m way : branches_proved nu m way -> forall w, part_of_way way w -> correlation n d X nu w <= m.
Proof.
  induction 1 as [way H | way i _ IH1 _ IH2]; intros w Hw; [now apply H|]. destruct Hw as [Hball Hs].
  destruct (Rle_dec 0 (row w i)) as [Hi|Hi].
  - apply IH1. split; [exact Hball|]. intros p [<-|Hin]; [simpl; lra | auto].
  - apply IH2. split; [exact Hball|]. intros p [<-|Hin]; [simpl; lra | auto].
Qed.

(** Trees for nu and for - nu prove the bound of all patterns. *)
Theorem branches_global nu m :
  branches_proved nu m [] -> branches_proved (fun i => - nu i) m [] -> globally_feasible n d X m nu.
Proof.
  intros Hplus Hminus w Hw. assert (Hpart : part_of_way [] w) by (split; [exact Hw | contradiction]). apply Rabs_le. split.
  - assert (h := branches_tree_sound _ _ _ Hminus w Hpart). rewrite correlation_opp in h. lra.
  - exact (branches_tree_sound _ _ _ Hplus w Hpart).
Qed.

(** Without branchings a leaf is what RowTransfers has. *)
Theorem branches_without_signs nu a g ts mu tau : branch_holds nu a g ts [] mu tau <-> rows_hold n d X nu a g ts mu tau.
Proof.
  assert (E : forall w t, mu * norm2 d w - (sum n (fun i => moved nu ts i * g i * (row w i * row w i)) + quadratic_part d X ts w - 0)
                   - t * (sum n (fun i => moved nu ts i * (a i * row w i)) + linear_part d X ts w + 0) + tau * (t * t)
              = mu * norm2 d w - (sum n (fun i => moved nu ts i * g i * (row w i * row w i)) + quadratic_part d X ts w)
                   - t * (sum n (fun i => moved nu ts i * (a i * row w i)) + linear_part d X ts w) + tau * (t * t)) by (intros; ring).
  unfold branch_holds, rows_hold, leaf_fits, parabolas_fit, less_part, more_part. cbn [lsum on_way existsb]. split.
  - intros [H0 [H1 [[_ [H2 H3]] H4]]]. split; [exact H0|]. split; [exact H1|].
    split; [split; intros; [apply H2 | apply H3]; auto|]. intros w t. rewrite <- E. apply H4.
  - intros [H0 [H1 [[H2 H3] H4]]]. split; [exact H0|]. split; [exact H1|].
    split; [split; [contradiction|]; split; intros; [apply H2 | apply H3]; auto|]. intros w t. rewrite E. apply H4.
Qed.
End Branches.
