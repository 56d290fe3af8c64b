(** * Pieces: rows that lie near planes through the origin prove global feasibility group by group

    Row i is near (1 - theta_i) a + theta_i b for the knots a, b of its group. What it is off by costs |nu_i| times the
    distance (grouping); the rest of a group is a function of two numbers a.w, b.w that a leaf bounds by a linear one and a
    constant; half-spaces are branched on. `section global pieces` of FORMAT.md. *)

From Coq Require Import Reals List Lra Lia Arith.
From Multigrade Require Import FiniteSum Vector WeakDuality TrainingBound GlobalBound.
Import ListNotations.
Open Scope R_scope.

Lemma relu_lipschitz s t : relu s <= relu t + Rabs (s - t).
Proof. unfold relu, Rmax, Rabs. repeat destruct Rle_dec; destruct Rcase_abs; lra. Qed.

Lemma relu_above s t : relu t - Rabs (s - t) <= relu s.
Proof. assert (h := relu_lipschitz t s). rewrite Rabs_minus_sym in h. lra. Qed.

(** relu is linear where signs agree: on a sector without a sign change a group's function is given by its rays. *)
Lemma relu_on_sector x y p q : 0 <= p -> 0 <= q -> (0 <= x /\ 0 <= y) \/ (x <= 0 /\ y <= 0) ->
  relu (p * x + q * y) = p * relu x + q * relu y.
Proof.
  intros Hp Hq [[Hx Hy]|[Hx Hy]].
  - rewrite !relu_pos; try assumption; [reflexivity|]. apply Rplus_le_le_0_compat; now apply Rmult_le_pos.
  - rewrite !relu_neg; try assumption; [lra|]. nra.
Qed.

(** Of the indicators of a number below g one is 1. *)
Lemma indicator_sum g k v : (k < g)%nat -> lsum (seq 0 g) (fun a => if Nat.eqb k a then v else 0) = v.
Proof.
  induction g as [|g IH]; [lia|]. intros Hk. rewrite seq_S, lsum_app. simpl. destruct (Nat.eq_dec k g) as [->|Hne].
  - rewrite Nat.eqb_refl, lsum_zero; [lra|]. intros a Ha. apply in_below in Ha. destruct (Nat.eqb_spec g a); [lia | reflexivity].
  - destruct (Nat.eqb_spec k g); [lia|]. rewrite IH by lia. lra.
Qed.

Section Pieces.
Variables n d : nat.
Variable X : nat -> nat -> R.
Variables groups : nat.
Variable group : nat -> nat.              (* of every row *)
Variables knot_a knot_b : nat -> nat -> R. (* of every group *)
Variable theta nu : nat -> R.
Hypothesis grouped : forall i, (i < n)%nat -> (group i < groups)%nat.
Notation row := (row d X).

(** The row on its group's plane, and how far x_i is off. *)
Definition on_plane (i j : nat) : R := (1 - theta i) * knot_a (group i) j + theta i * knot_b (group i) j.
Definition off (i j : nat) : R := X i j - on_plane i j.

Lemma dot_on_plane i w : dot d (on_plane i) w = (1 - theta i) * dot d (knot_a (group i)) w + theta i * dot d (knot_b (group i)) w.
Proof.
  unfold dot, on_plane, sum. rewrite <- !lsum_scal, <- lsum_plus. apply lsum_ext. intros; ring.
Qed.

Lemma row_near_plane i w : norm d w <= 1 -> Rabs (row w i - dot d (on_plane i) w) <= norm d (off i).
Proof.
  intros Hw. assert (E : row w i - dot d (on_plane i) w = dot d (off i) w).
  { unfold WeakDuality.row, dot, off, sum. rewrite <- lsum_minus. apply lsum_ext. intros; ring. }
  rewrite E. assert (h0 := norm_nonneg d (off i)). apply Rabs_le. split.
  - assert (h := cauchy_schwarz d (off i) (fun j => -1 * w j)). rewrite dot_scal_r, norm_scal, Rabs_left in h by lra. nra.
  - assert (h := cauchy_schwarz d (off i) w). nra.
Qed.

(** What a group contributes, by the values of its knots. *)
Definition phi (k : nat) (w : nat -> R) : R :=
  sum n (fun i => if Nat.eqb (group i) k then nu i * relu (dot d (on_plane i) w) else 0).
Definition slack : R := sum n (fun i => Rabs (nu i) * norm d (off i)).

Lemma sum_of_groups w : sum groups (fun k => phi k w) = sum n (fun i => nu i * relu (dot d (on_plane i) w)).
Proof.
  unfold phi, sum. rewrite lsum_swap. apply lsum_ext. intros i Hi. apply in_below in Hi. apply grouped in Hi.
  now apply indicator_sum.
Qed.

(** ** Grouping *)
Theorem grouping w : norm d w <= 1 -> correlation n d X nu w <= sum groups (fun k => phi k w) + slack.
Proof.
  intros Hw. rewrite sum_of_groups. unfold correlation, slack, sum. rewrite <- lsum_plus. apply lsum_le. intros i _.
  assert (h := row_near_plane i w Hw). set (s := row w i) in *. set (t := dot d (on_plane i) w) in *.
  assert (h1 := relu_lipschitz s t). assert (h2 := relu_above s t).
  unfold Rabs at 1. destruct (Rcase_abs (nu i)); nra.
Qed.

(** A group both of whose knots have one sign is linear, or zero. *)
Theorem group_of_one_sign k w : (forall i, (i < n)%nat -> 0 <= theta i <= 1) ->
  (0 <= dot d (knot_a k) w -> 0 <= dot d (knot_b k) w ->
     phi k w = sum n (fun i => if Nat.eqb (group i) k then nu i * (1 - theta i) else 0) * dot d (knot_a k) w
             + sum n (fun i => if Nat.eqb (group i) k then nu i * theta i else 0) * dot d (knot_b k) w)
  /\ (dot d (knot_a k) w <= 0 -> dot d (knot_b k) w <= 0 -> phi k w = 0).
Proof.
  intros Ht. split; intros Ha Hb; unfold phi, sum.
  - rewrite <- !lsum_scal_r, <- lsum_plus. apply lsum_ext. intros i Hi. apply in_below in Hi. specialize (Ht i Hi).
    destruct (Nat.eqb_spec (group i) k) as [E|_]; [|lra]. rewrite dot_on_plane, E, relu_pos; [ring | nra].
  - apply lsum_zero. intros i Hi. apply in_below in Hi. specialize (Ht i Hi).
    destruct (Nat.eqb_spec (group i) k) as [E|_]; [|reflexivity]. rewrite dot_on_plane, E, relu_neg; [ring | nra].
Qed.

(** ** A leaf *)

(** The part of the ball on which half-spaces h.w >= 0 hold. *)
Definition part (hs : list (nat -> R)) (w : nat -> R) : Prop := norm d w <= 1 /\ forall h, In h hs -> 0 <= dot d h w.

(** The vector whose norm a leaf pays. *)
Definition paid (alpha beta : nat -> R) (mus : list (R * (nat -> R))) (j : nat) : R :=
  sum groups (fun k => alpha k * knot_a k j + beta k * knot_b k j) + lsum mus (fun q => fst q * snd q j).

Lemma dot_paid alpha beta mus w : dot d (paid alpha beta mus) w
  = sum groups (fun k => alpha k * dot d (knot_a k) w + beta k * dot d (knot_b k) w) + lsum mus (fun q => fst q * dot d (snd q) w).
Proof.
  unfold dot, paid, sum.
  rewrite (lsum_ext _ _ (fun j => lsum (seq 0 groups) (fun k => alpha k * (knot_a k j * w j) + beta k * (knot_b k j * w j))
    + lsum mus (fun q => fst q * (snd q j * w j)))).
  - rewrite lsum_plus. f_equal; rewrite lsum_swap; apply lsum_ext; intros k _.
    + rewrite lsum_plus, !lsum_scal. reflexivity.
    + apply lsum_scal.
  - intros j _. rewrite Rmult_plus_distr_r, <- !lsum_scal_r. f_equal; apply lsum_ext; intros; ring.
Qed.

(** A shift: at a knot that two groups share one is given a multiple of max(v, 0), and the other pays it. *)
Record shift := Shift { knot : nat -> R; given_to : nat; taken_from : nat; amount : R }.

Definition between_groups (s : shift) : Prop := (given_to s < groups)%nat /\ (taken_from s < groups)%nat.

Definition shifted_by (k : nat) (w : nat -> R) (s : shift) : R :=
  (if Nat.eqb (given_to s) k then amount s * relu (dot d (knot s) w) else 0)
  - (if Nat.eqb (taken_from s) k then amount s * relu (dot d (knot s) w) else 0).

(** What a group contributes, with the shifts. *)
Definition shifted (ss : list shift) (k : nat) (w : nat -> R) : R := phi k w + lsum ss (shifted_by k w).

Theorem shifts_leave_the_sum ss w : (forall s, In s ss -> between_groups s) ->
  sum groups (fun k => shifted ss k w) = sum groups (fun k => phi k w).
Proof.
  intros Hss. unfold shifted, sum. rewrite lsum_plus, lsum_swap, (lsum_zero ss); [ring|].
  intros s Hs. destruct (Hss s Hs) as [H1 H2]. unfold shifted_by.
  rewrite lsum_minus, !indicator_sum by assumption. ring.
Qed.

Theorem shifted_leaf_sound hs ss alpha beta gamma mus m w :
  (forall s, In s ss -> between_groups s) ->
  (forall q, In q mus -> 0 <= fst q /\ In (snd q) hs) ->
  (forall k, (k < groups)%nat -> forall w, part hs w ->
     shifted ss k w <= alpha k * dot d (knot_a k) w + beta k * dot d (knot_b k) w + gamma k) ->
  norm d (paid alpha beta mus) + sum groups gamma + slack <= m ->
  part hs w -> correlation n d X nu w <= m.
Proof.
  intros Hss Hmu Hphi Hm Hw. destruct Hw as [Hball Hh] eqn:E. clear E. assert (Hpart : part hs w) by (split; assumption).
  assert (h1 := grouping w Hball). rewrite <- (shifts_leave_the_sum ss w Hss) in h1.
  assert (h2 : sum groups (fun k => shifted ss k w)
               <= sum groups (fun k => alpha k * dot d (knot_a k) w + beta k * dot d (knot_b k) w) + sum groups gamma).
  { unfold sum. rewrite <- lsum_plus. apply lsum_le. intros k Hk. apply in_below in Hk. now apply Hphi. }
  assert (h3 : 0 <= lsum mus (fun q => fst q * dot d (snd q) w)).
  { apply lsum_nonneg. intros q Hq. destruct (Hmu q Hq). apply Rmult_le_pos; auto. }
  assert (h4 := dot_paid alpha beta mus w). assert (h5 := cauchy_schwarz d (paid alpha beta mus) w).
  assert (h6 := norm_nonneg d (paid alpha beta mus)). assert (h7 := norm_nonneg d w). nra.
Qed.

Theorem pieces_leaf_sound hs alpha beta gamma mus m w :
  (forall q, In q mus -> 0 <= fst q /\ In (snd q) hs) ->
  (forall k, (k < groups)%nat -> forall w, part hs w ->
     phi k w <= alpha k * dot d (knot_a k) w + beta k * dot d (knot_b k) w + gamma k) ->
  norm d (paid alpha beta mus) + sum groups gamma + slack <= m ->
  part hs w -> correlation n d X nu w <= m.
Proof.
  intros Hmu Hphi. apply (shifted_leaf_sound hs []); [contradiction | exact Hmu|].
  intros k Hk v Hv. unfold shifted. simpl. rewrite Rplus_0_r. now apply Hphi.
Qed.

(** ** Branching at half-spaces: the signs of knots, and of rows between them *)

Definition opposite (h : nat -> R) (j : nat) : R := - h j.

Inductive pieces_proved (m : R) : list (nat -> R) -> Prop :=
| pieces_leaf hs : (forall w, part hs w -> correlation n d X nu w <= m) -> pieces_proved m hs
| pieces_branch hs h : pieces_proved m (h :: hs) -> pieces_proved m (opposite h :: hs) -> pieces_proved m hs.

Theorem pieces_tree_sound m hs : pieces_proved m hs -> forall w, part hs w -> correlation n d X nu w <= m.
Proof.
  induction 1 as [hs H | hs h _ IH1 _ IH2]; intros w Hw; [now apply H|]. destruct Hw as [Hball Hh].
  destruct (Rle_dec 0 (dot d h w)) as [Hs|Hs].
  - apply IH1. split; [exact Hball|]. intros h' [<-|Hin]; auto.
  - apply IH2. split; [exact Hball|]. intros h' [<-|Hin]; [|auto].
    assert (E : dot d (opposite h) w = - dot d h w).
    { unfold dot, sum, opposite. rewrite (lsum_ext _ _ (fun j => -1 * (h j * w j))) by (intros; ring). rewrite lsum_scal. ring. }
    rewrite E. lra.
Qed.
End Pieces.

(** Trees for nu and for - nu prove the bound of all patterns. *)
Theorem pieces_global n d X nu m :
  pieces_proved n d X nu m [] -> pieces_proved n d X (fun i => - nu i) m [] -> globally_feasible n d X m nu.
Proof.
  intros Hplus Hminus w Hw. assert (Hpart : part d [] w) by (split; [exact Hw | contradiction]). apply Rabs_le. split.
  - assert (h := pieces_tree_sound _ _ _ _ _ _ Hminus w Hpart). rewrite correlation_opp in h. lra.
  - exact (pieces_tree_sound _ _ _ _ _ _ Hplus w Hpart).
Qed.

(** ** The largest value of g.w on a sector of the disc *)

Lemma dot_plus_l d u v w : dot d (fun j => u j + v j) w = dot d u w + dot d v w.
Proof. unfold dot, sum. rewrite <- lsum_plus. apply lsum_ext. intros; ring. Qed.

Lemma dot_plus_r d u v w : dot d w (fun j => u j + v j) = dot d w u + dot d w v.
Proof. unfold dot, sum. rewrite <- lsum_plus. apply lsum_ext. intros; ring. Qed.

Lemma dot_sym d u v : dot d u v = dot d v u.
Proof. unfold dot, sum. apply lsum_ext. intros; ring. Qed.

(** Between the lines across y and z, whose sides are known. *)
Theorem sector_sound d g y z e1 e2 w : norm d w <= 1 -> 0 <= e1 * dot d y w -> 0 <= e2 * dot d z w ->
  dot d g w <= norm d (fun j => g j + (e1 * y j + e2 * z j)).
Proof.
  intros Hw Hy Hz. set (v := fun j => g j + (e1 * y j + e2 * z j)).
  assert (E : dot d v w = dot d g w + (e1 * dot d y w + e2 * dot d z w)) by (unfold v; rewrite !dot_plus_l, !dot_scal_l; ring).
  assert (h := cauchy_schwarz d v w). assert (h0 := norm_nonneg d v). nra.
Qed.

(** Between two unit vectors: the factors of a sum of them in the disc add up to at most 1 over the cosine of half their angle. *)
Theorem narrow_sector_sound d g u v p q w : norm d u = 1 -> norm d v = 1 -> -1 < dot d u v -> 0 <= p -> 0 <= q ->
  (forall j, w j = p * u j + q * v j) -> norm d w <= 1 ->
  dot d g w <= Rmax 0 (Rmax (dot d g u) (dot d g v)) / sqrt ((1 + dot d u v) / 2).
Proof.
  intros Hu Hv Hc Hp Hq Hw Hball. set (c := dot d u v) in *. set (top := Rmax 0 (Rmax (dot d g u) (dot d g v))).
  assert (Hu2 : dot d u u = 1) by (assert (h := norm_square d u); unfold norm2 in h; rewrite Hu in h; lra).
  assert (Hv2 : dot d v v = 1) by (assert (h := norm_square d v); unfold norm2 in h; rewrite Hv in h; lra).
  assert (Hc1 : c <= 1) by (assert (h := cauchy_schwarz d u v); fold c in h; rewrite Hu, Hv in h; lra).
  assert (Ew : forall x, dot d x w = p * dot d x u + q * dot d x v).
  { intros x. rewrite (dot_ext d x w x (fun j => p * u j + q * v j)) by (intros; auto).
    rewrite dot_plus_r, !dot_scal_r. reflexivity. }
  assert (Hn : p * p + q * q + 2 * (p * q) * c <= 1).
  { assert (h := norm_square d w). assert (h0 := norm_nonneg d w). unfold norm2 in h.
    rewrite Ew, (dot_sym d w u), (dot_sym d w v), !Ew, Hu2, Hv2, (dot_sym d v u) in h. fold c in h. nra. }
  assert (Hs : ((p + q) * (p + q)) * ((1 + c) / 2) <= 1).
  { assert (h := Rle_0_sqr (p - q)). unfold Rsqr in h. nra. }
  assert (Hr : 0 < sqrt ((1 + c) / 2)) by (apply sqrt_lt_R0; lra).
  assert (Hrr : sqrt ((1 + c) / 2) * sqrt ((1 + c) / 2) = (1 + c) / 2) by (apply sqrt_sqrt; lra).
  set (r := sqrt ((1 + c) / 2)) in *.
  assert (Hpq : (p + q) * r <= 1).
  { apply Rnot_lt_le. intros Hlt. assert (1 < ((p + q) * r) * ((p + q) * r)) by nra. rewrite <- Hrr in Hs. nra. }
  assert (Ht0 : 0 <= top) by apply Rmax_l.
  assert (Ht1 : dot d g u <= top) by (eapply Rle_trans; [|apply Rmax_r]; apply Rmax_l).
  assert (Ht2 : dot d g v <= top) by (eapply Rle_trans; [|apply Rmax_r]; apply Rmax_r).
  rewrite Ew. apply Rmult_le_reg_r with r; [exact Hr|]. replace (top / r * r) with top by (field; lra).
  apply Rle_trans with ((p + q) * top * r); [apply Rmult_le_compat_r; nra|].
  replace ((p + q) * top * r) with ((p + q) * r * top) by ring. rewrite <- (Rmult_1_l top) at 2. now apply Rmult_le_compat_r.
Qed.

(** ** The sectors of a group: where the sign changes between its knots, it does between two of its rows, and the group's function
    is that of the rows before or behind. *)

Section Crossing.
Variable rows : nat.
Variables angle weight : nat -> R. (* theta and nu of the group's rows *)
Hypothesis ascending : forall i j, (i <= j)%nat -> (j < rows)%nat -> angle i <= angle j.

Definition between (va vb : R) (i : nat) : R := (1 - angle i) * va + angle i * vb.

(** What the first k rows say of a and b. *)
Definition first_a (k : nat) : R := sum k (fun i => weight i * (1 - angle i)).
Definition first_b (k : nat) : R := sum k (fun i => weight i * angle i).

Lemma first_rows k va vb : sum k (fun i => weight i * between va vb i) = first_a k * va + first_b k * vb.
Proof. unfold first_a, first_b, between, sum. rewrite <- !lsum_scal_r, <- lsum_plus. apply lsum_ext. intros; ring. Qed.

Lemma crossing (z : nat -> R) : (forall i j, (i <= j)%nat -> (j < rows)%nat -> z j <= z i) ->
  exists k, (k <= rows)%nat /\ (forall i, (i < k)%nat -> 0 <= z i) /\ (forall i, (k <= i < rows)%nat -> z i <= 0).
Proof.
  intros Hz. assert (H : forall k, (k <= rows)%nat -> (forall i, (i < k)%nat -> 0 <= z i) \/
    exists j, (j <= rows)%nat /\ (forall i, (i < j)%nat -> 0 <= z i) /\ (forall i, (j <= i < rows)%nat -> z i <= 0)).
  { induction k as [|k IH]; intros Hk; [left; lia|]. destruct IH as [IH|IH]; [lia| |now right].
    destruct (Rle_dec 0 (z k)) as [H0|H0].
    - left. intros i Hi. destruct (Nat.eq_dec i k) as [->|Hne]; [exact H0 | apply IH; lia].
    - right. exists k. split; [lia|]. split; [exact IH|]. intros i [H1 H2]. assert (h := Hz k i H1 H2). lra. }
  destruct (H rows (le_n _)) as [H0|H0]; [|exact H0]. exists rows. split; [lia|]. split; [exact H0|]. intros; lia.
Qed.

Lemma sum_from k f : (k <= rows)%nat -> (forall i, (k <= i < rows)%nat -> f i = 0) -> sum rows f = sum k f.
Proof.
  intros Hk Hf. clear ascending. induction rows as [|m IH]; [now replace k with 0%nat by lia|].
  destruct (Nat.eq_dec k (S m)) as [->|Hne]; [reflexivity|]. rewrite sum_S, IH; [|lia|intros; apply Hf; lia]. rewrite (Hf m) by lia. ring.
Qed.

(** v_a >= 0 >= v_b: the first k rows are active. *)
Theorem rows_before_the_crossing va vb : vb <= 0 <= va -> exists k, (k <= rows)%nat /\
  (forall i, (i < k)%nat -> 0 <= between va vb i) /\ (forall i, (k <= i < rows)%nat -> between va vb i <= 0) /\
  sum rows (fun i => weight i * relu (between va vb i)) = first_a k * va + first_b k * vb.
Proof.
  intros Hv. destruct (crossing (between va vb)) as [k [Hk [Hpos Hneg]]].
  { intros i j Hij Hj. assert (h := ascending i j Hij Hj). unfold between. nra. }
  exists k. repeat (split; [assumption|]). rewrite <- first_rows, (sum_from k); [|exact Hk|].
  - apply sum_ext. intros i Hi. now rewrite relu_pos by auto.
  - intros i Hi. rewrite relu_neg by auto. ring.
Qed.

(** v_a <= 0 <= v_b: all but the first k. *)
Theorem rows_behind_the_crossing va vb : va <= 0 <= vb -> exists k, (k <= rows)%nat /\
  (forall i, (i < k)%nat -> between va vb i <= 0) /\ (forall i, (k <= i < rows)%nat -> 0 <= between va vb i) /\
  sum rows (fun i => weight i * relu (between va vb i)) = (first_a rows - first_a k) * va + (first_b rows - first_b k) * vb.
Proof.
  intros Hv. destruct (crossing (fun i => - between va vb i)) as [k [Hk [Hneg Hpos]]].
  { intros i j Hij Hj. assert (h := ascending i j Hij Hj). unfold between. nra. }
  assert (H1 : forall i, (i < k)%nat -> between va vb i <= 0) by (intros i Hi; assert (h := Hneg i Hi); lra).
  assert (H2 : forall i, (k <= i < rows)%nat -> 0 <= between va vb i) by (intros i Hi; assert (h := Hpos i Hi); lra).
  exists k. repeat (split; [assumption|]).
  replace ((first_a rows - first_a k) * va + (first_b rows - first_b k) * vb)
    with ((first_a rows * va + first_b rows * vb) - (first_a k * va + first_b k * vb)) by ring.
  rewrite <- !first_rows.
  rewrite (sum_ext k (fun i => weight i * between va vb i) (fun i => if Nat.ltb i k then weight i * between va vb i else 0))
    by (intros i Hi; destruct (Nat.ltb_spec i k); [reflexivity | lia]).
  rewrite <- (sum_from k (fun i => if Nat.ltb i k then weight i * between va vb i else 0)) by
    (exact Hk || (intros i [Hi _]; destruct (Nat.ltb_spec i k); [lia | reflexivity])).
  unfold sum. rewrite <- lsum_minus. apply lsum_ext. intros i Hi. apply in_below in Hi. destruct (Nat.ltb_spec i k).
  - rewrite relu_neg by auto. ring.
  - rewrite relu_pos by (apply H2; lia). ring.
Qed.
End Crossing.
