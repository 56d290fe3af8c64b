(** * Nested grids: what is piecewise linear on a grid is so on a refinement

    I_(mN) (I_N c) = I_N c on the cube, in every dimension.  So with earlier grades f_j on coarser nested grids the residual
    e = f - sum f_j has e - I_h e = f - I_h f: the interpolation error of a grade depends on f alone.

    Idea: hat_a(x) is the length of the set of u in [0,1) with floor(N x + u) = a.  Written as u = (w + j) / m, 0 <= j < m, and with
    b = floor(m N x + w), the condition is  m a_i <= b_i + j < m a_i + m  for all i: a window for b, and a window for j. *)

From Coq Require Import Reals List Lra Lia Arith.
From Coquelicot Require Import Compactness.
From Multigrade Require Import FiniteSum TrainingBound KuhnHat.
Import ListNotations.
Open Scope R_scope.

(** ** The running maximum and minimum are a maximum and a minimum *)

Lemma running_max_commutes d : forall (t : point d) M u, running_max (Rmax M u) t = Rmax (running_max M t) u.
Proof.
  induction d as [|d IH]; intros t M u; simpl; [reflexivity|].
  rewrite <- Rmax_assoc, (Rmax_comm u), Rmax_assoc. apply IH.
Qed.

Lemma running_min_commutes d : forall (t : point d) m u, running_min (Rmin m u) t = Rmin (running_min m t) u.
Proof.
  induction d as [|d IH]; intros t m u; simpl; [reflexivity|].
  rewrite <- Rmin_assoc, (Rmin_comm u), Rmin_assoc. apply IH.
Qed.

Fixpoint scaled (k : R) {d} : point d -> point d :=
  match d with
  | O => fun _ => tt
  | S d' => fun t => (k * fst t, scaled k (snd t))
  end.

Lemma running_max_scaled d k : 0 <= k -> forall (t : point d) M, running_max (k * M) (scaled k t) = k * running_max M t.
Proof.
  intros Hk. induction d as [|d IH]; intros t M; simpl; [reflexivity|].
  rewrite RmaxRmult by exact Hk. apply IH.
Qed.

Lemma running_min_scaled d k : 0 <= k -> forall (t : point d) m, running_min (k * m) (scaled k t) = k * running_min m t.
Proof.
  intros Hk. induction d as [|d IH]; intros t m; simpl; [reflexivity|].
  replace (Rmin (k * m) (k * fst t)) with (k * Rmin m (fst t)); [apply IH|].
  unfold Rmin. destruct (Rle_dec m (fst t)); destruct (Rle_dec (k * m) (k * fst t)); try reflexivity; nra.
Qed.

(** ** Lengths of an interval [l, r) in the cells [j, j+1) *)

Definition span (l r j : R) : R := relu (Rmin r (j + 1) - Rmax l j).

Lemma spans_cover n l r : 0 <= l -> r <= INR n -> sum n (fun j => span l r (INR j)) = relu (r - l).
Proof.
  intros Hl Hr. unfold span. destruct (Rle_dec l r) as [H|H].
  - rewrite (sum_ext _ _ (fun j => Rmax l (Rmin r (INR (S j))) - Rmax l (Rmin r (INR j)))).
    + rewrite (sum_telescope n (fun j => Rmax l (Rmin r (INR j)))). simpl (INR 0).
      rewrite (relu_pos (r - l)), (Rmin_left r (INR n)), (Rmax_right l r) by lra.
      rewrite (Rmax_left l (Rmin r 0)); [lra|]. eapply Rle_trans; [apply Rmin_r | exact Hl].
    + intros j _. rewrite S_INR. unfold relu, Rmax, Rmin. repeat destruct Rle_dec; lra.
  - rewrite relu_neg by lra. apply sum_zero. intros j _. apply relu_neg.
    assert (h := Rmin_l r (INR j + 1)). assert (h' := Rmax_l l (INR j)). lra.
Qed.

Section Nested.
Variables m N : nat.
Hypothesis m_positive : (0 < m)%nat.
Hypothesis N_positive : (0 < N)%nat.
Notation K := (m * N)%nat.

(** ** Windows: k + j is rounded down to a when divided by m *)

Definition in_window (j a k : nat) : R :=
  if andb (Nat.leb (m * a) (k + j)) (Nat.ltb (k + j) (m * a + m)) then 1 else 0.

Fixpoint windows (j : nat) {d} : node d -> node d -> R :=
  match d with
  | O => fun _ _ => 1
  | S d' => fun a b => in_window j (fst a) (fst b) * windows j (snd a) (snd b)
  end.

Lemma in_window_cases j a k :
  (in_window j a k = 1 /\ INR m * INR a <= INR k + INR j /\ INR k + INR j + 1 <= INR m * INR a + INR m)
  \/ (in_window j a k = 0 /\ INR k + INR j + 1 <= INR m * INR a)
  \/ (in_window j a k = 0 /\ INR m * INR a + INR m <= INR k + INR j).
Proof.
  unfold in_window. destruct (Nat.leb_spec (m * a) (k + j)) as [H|H]; destruct (Nat.ltb_spec (k + j) (m * a + m)) as [H'|H'];
    cbn [andb]; apply le_INR in H; apply le_INR in H'; rewrite ?S_INR, ?plus_INR, ?mult_INR in *.
  - left. split; [reflexivity | split; lra].
  - right; right. split; [reflexivity | lra].
  - right; left. split; [reflexivity | lra].
  - right; left. split; [reflexivity | lra].
Qed.

(** A window for j cuts the interval down in the cell of j ... *)
Lemma window_span j a k l r :
  in_window j a k * span l r (INR j)
  = span (Rmax l (INR m * INR a - INR k)) (Rmin r (INR m * INR a + INR m - INR k)) (INR j).
Proof.
  unfold span. destruct (in_window_cases j a k) as [[-> [H1 H2]] | [[-> H] | [-> H]]].
  - rewrite Rmult_1_l. f_equal. f_equal.
    + rewrite <- Rmin_assoc. f_equal. symmetry. apply Rmin_right. lra.
    + rewrite <- Rmax_assoc. f_equal. symmetry. apply Rmax_right. lra.
  - rewrite Rmult_0_l. symmetry. apply relu_neg.
    assert (h1 := Rmin_r (Rmin r (INR m * INR a + INR m - INR k)) (INR j + 1)).
    assert (h2 := Rmax_l (Rmax l (INR m * INR a - INR k)) (INR j)).
    assert (h3 := Rmax_r l (INR m * INR a - INR k)). lra.
  - rewrite Rmult_0_l. symmetry. apply relu_neg.
    assert (h1 := Rmin_l (Rmin r (INR m * INR a + INR m - INR k)) (INR j + 1)).
    assert (h2 := Rmin_r r (INR m * INR a + INR m - INR k)).
    assert (h3 := Rmax_r (Rmax l (INR m * INR a - INR k)) (INR j)). lra.
Qed.

(** ... and a window for k in the cell of k, which for s = K x is [k - s, k - s + 1). *)
Lemma window_cell j a k M mm s :
  in_window j a k * relu (1 - Rmax M (s - INR k) + Rmin mm (s - INR k))
  = relu (1 - Rmax (Rmax M (s - INR m * INR a + (1 - INR m + INR j))) (s - INR k)
            + Rmin (Rmin mm (s - INR m * INR a + INR j)) (s - INR k)).
Proof.
  destruct (in_window_cases j a k) as [[-> [H1 H2]] | [[-> H] | [-> H]]].
  - rewrite Rmult_1_l. f_equal. f_equal.
    + f_equal. rewrite <- Rmax_assoc. f_equal. symmetry. apply Rmax_right. lra.
    + rewrite <- Rmin_assoc. f_equal. symmetry. apply Rmin_right. lra.
  - rewrite Rmult_0_l. symmetry. apply relu_neg.
    set (A := Rmax (Rmax M _) _). set (B := Rmin (Rmin mm _) _).
    assert (s - INR k <= A) by apply Rmax_r.
    assert (B <= s - INR m * INR a + INR j) by (eapply Rle_trans; [apply Rmin_l | apply Rmin_r]). lra.
  - rewrite Rmult_0_l. symmetry. apply relu_neg.
    set (A := Rmax (Rmax M _) _). set (B := Rmin (Rmin mm _) _).
    assert (s - INR m * INR a + (1 - INR m + INR j) <= A) by (eapply Rle_trans; [|apply Rmax_l]; apply Rmax_r).
    assert (B <= s - INR k) by apply Rmin_r. lra.
Qed.

(** t = m (N x - a) for a point x, and for a node b of the fine grid. *)
Fixpoint fine_local {d} : point d -> node d -> point d :=
  match d with
  | O => fun _ _ => tt
  | S d' => fun x a => (INR K * fst x - INR m * INR (fst a), fine_local (snd x) (snd a))
  end.

Fixpoint fine_node {d} : node d -> node d -> point d :=
  match d with
  | O => fun _ _ => tt
  | S d' => fun b a => (INR (fst b) - INR m * INR (fst a), fine_node (snd b) (snd a))
  end.

Lemma fine_local_scaled d : forall (x : point d) a, fine_local x a = scaled (INR m) (local N x a).
Proof.
  induction d as [|d IH]; intros x a; simpl; [reflexivity|]. rewrite IH. f_equal. rewrite mult_INR. ring.
Qed.

Lemma fine_node_scaled d : forall (b a : node d), fine_node b a = scaled (INR m) (local N (position K b) a).
Proof.
  assert (Hm : 0 < INR m) by now apply lt_0_INR. assert (HN : 0 < INR N) by now apply lt_0_INR.
  induction d as [|d IH]; intros b a; cbn [fine_node scaled local position fst snd]; [reflexivity|].
  rewrite IH. f_equal. rewrite mult_INR. field. lra.
Qed.

(** Counting the windows of a fine node gives the coarse hat there. *)
Lemma count_windows d : forall (b a : node d) M mm, 0 <= M -> mm <= 0 ->
  sum m (fun j => windows j a b * span (- mm) (INR m - M) (INR j))
  = relu (INR m - running_max M (fine_node b a) + running_min mm (fine_node b a)).
Proof.
  induction d as [|d IH]; intros b a M mm HM Hm; cbn [windows fine_node running_max running_min fst snd].
  - rewrite (sum_ext _ _ (fun j => span (- mm) (INR m - M) (INR j))) by (intros; ring).
    rewrite spans_cover by lra. f_equal. ring.
  - set (t := INR (fst b) - INR m * INR (fst a)).
    rewrite <- IH.
    + apply sum_ext. intros j _.
      replace (in_window j (fst a) (fst b) * windows j (snd a) (snd b) * span (- mm) (INR m - M) (INR j))
        with (windows j (snd a) (snd b) * (in_window j (fst a) (fst b) * span (- mm) (INR m - M) (INR j))) by ring.
      rewrite window_span. f_equal. f_equal; unfold t, Rmax, Rmin; repeat destruct Rle_dec; lra.
    + apply Rle_trans with M; [exact HM | apply Rmax_l].
    + apply Rle_trans with mm; [apply Rmin_l | exact Hm].
Qed.

Lemma span_unit j : (j < m)%nat -> span 0 (INR m) (INR j) = 1.
Proof.
  intros Hj. apply le_INR in Hj. rewrite S_INR in Hj. assert (h := pos_INR j). unfold span.
  rewrite Rmin_right, Rmax_right by lra. rewrite relu_pos; lra.
Qed.

Lemma scaled_hat d (t : point d) :
  relu (INR m - running_max 0 (scaled (INR m) t) + running_min 0 (scaled (INR m) t)) = INR m * hat t.
Proof.
  assert (Hm := pos_INR m).
  assert (H1 := running_max_scaled d (INR m) Hm t 0). assert (H2 := running_min_scaled d (INR m) Hm t 0).
  rewrite Rmult_0_r in H1, H2. rewrite H1, H2.
  unfold hat. rewrite <- relu_scal by exact Hm. f_equal. ring.
Qed.

Lemma coarse_hat_at_fine_node d (b a : node d) :
  INR m * hat (local N (position K b) a) = sum m (fun j => windows j a b).
Proof.
  rewrite <- scaled_hat, <- fine_node_scaled, <- count_windows by lra. apply sum_ext. intros j Hj.
  replace (- 0) with 0 by ring. rewrite Rminus_0_r, span_unit by exact Hj. ring.
Qed.

(** The fine hats of one window add up to one piece of the coarse hat. *)
Lemma fine_hats_in_windows j d : forall (x : point d) (a : node d) M mm,
  cube x -> 0 <= M -> mm <= 0 ->
  lsum (nodes K d) (fun b => windows j a b * relu (1 - running_max M (local K x b) + running_min mm (local K x b)))
  = relu (1 - (running_max (M - (1 - INR m + INR j)) (fine_local x a) + (1 - INR m + INR j))
            + (running_min (mm - INR j) (fine_local x a) + INR j)).
Proof.
  induction d as [|d IH]; intros x a M mm Hx HM Hm.
  - simpl. rewrite Rplus_0_r, Rmult_1_l. f_equal. ring.
  - destruct Hx as [Hx1 Hx2]. cbn [fine_local running_max running_min fst snd].
    set (s := INR K * fst x). set (c := 1 - INR m + INR j).
    assert (Hs : 0 <= s <= INR K).
    { assert (h := pos_INR K). unfold s. split; [apply Rmult_le_pos; lra|].
      rewrite <- (Rmult_1_r (INR K)) at 2. apply Rmult_le_compat_l; lra. }
    set (T := fine_local (snd x) (snd a)). set (t := s - INR m * INR (fst a)).
    set (A := running_max (M - c) T + c). set (B := running_min (mm - INR j) T + INR j).
    assert (HA : M <= A) by (assert (h := running_max_ge d T (M - c)); unfold A; lra).
    assert (HB : B <= mm) by (assert (h := running_min_le d T (mm - INR j)); unfold B; lra).
    assert (Hmax : forall M' u, running_max (Rmax M' u - c) T + c = Rmax (running_max (M' - c) T + c) u).
    { intros M' u. replace (Rmax M' u - c) with (Rmax (M' - c) (u - c)) by (unfold Rmax; repeat destruct Rle_dec; lra).
      rewrite running_max_commutes. unfold Rmax; repeat destruct Rle_dec; lra. }
    assert (Hmin : forall m' u, running_min (Rmin m' u - INR j) T + INR j = Rmin (running_min (m' - INR j) T + INR j) u).
    { intros m' u. replace (Rmin m' u - INR j) with (Rmin (m' - INR j) (u - INR j)) by (unfold Rmin; repeat destruct Rle_dec; lra).
      rewrite running_min_commutes. unfold Rmin; repeat destruct Rle_dec; lra. }
    change (nodes K (S d)) with (flat_map (fun i => map (pair i) (nodes K d)) (seq 0 (S K))).
    rewrite lsum_flat_map.
    rewrite (lsum_ext _ _ (fun k =>
      relu (1 - Rmax (Rmax A (t + c)) (s - INR k) + Rmin (Rmin B (t + INR j)) (s - INR k)))).
    2:{ intros k _. rewrite lsum_map. cbn [windows local running_max running_min fst snd]. fold s.
        unfold t, c. rewrite <- window_cell. fold c.
        rewrite (lsum_ext _ _ (fun b => in_window j (fst a) k * (windows j (snd a) b
          * relu (1 - running_max (Rmax M (s - INR k)) (local K (snd x) b) + running_min (Rmin mm (s - INR k)) (local K (snd x) b)))))
          by (intros; ring).
        rewrite lsum_scal. f_equal. rewrite IH; auto.
        - fold c T. rewrite Hmax, Hmin. reflexivity.
        - apply Rle_trans with M; [exact HM | apply Rmax_l].
        - apply Rle_trans with mm; [apply Rmin_l | exact Hm]. }
    change (sum (S K) (fun k => relu (1 - Rmax (Rmax A (t + c)) (s - INR k) + Rmin (Rmin B (t + INR j)) (s - INR k)))
      = relu (1 - (running_max (Rmax (M - c) t) T + c) + (running_min (Rmin (mm - INR j) t) T + INR j))).
    rewrite cells_cover; auto.
    + replace (Rmax (M - c) t) with (Rmax M (t + c) - c) by (unfold Rmax; repeat destruct Rle_dec; lra).
      replace (Rmin (mm - INR j) t) with (Rmin mm (t + INR j) - INR j) by (unfold Rmin; repeat destruct Rle_dec; lra).
      rewrite Hmax, Hmin. reflexivity.
    + apply Rle_trans with A; [lra | apply Rmax_l].
    + apply Rle_trans with B; [apply Rmin_l | lra].
Qed.

(** The pieces, j = 0 .. m-1, add up to m times the coarse hat. *)
Lemma pieces_of_coarse_hat d (x : point d) (a : node d) :
  sum m (fun j => relu (1 - (running_max (0 - (1 - INR m + INR j)) (fine_local x a) + (1 - INR m + INR j))
            + (running_min (0 - INR j) (fine_local x a) + INR j)))
  = INR m * hat (local N x a).
Proof.
  set (T := fine_local x a). set (A := running_max 0 T). set (B := running_min 0 T).
  assert (HA : 0 <= A) by apply running_max_ge. assert (HB : B <= 0) by apply running_min_le.
  rewrite <- scaled_hat, <- fine_local_scaled. fold T A B.
  replace (INR m - A + B) with ((INR m - A) - (- B)) by ring.
  rewrite <- (spans_cover m (- B) (INR m - A)) by lra.
  apply sum_ext. intros j Hj. apply le_INR in Hj. rewrite S_INR in Hj. assert (h := pos_INR j).
  replace (0 - (1 - INR m + INR j)) with (Rmax 0 (INR m - 1 - INR j)) by (rewrite Rmax_right; lra).
  replace (0 - INR j) with (Rmin 0 (- INR j)) by (rewrite Rmin_right; lra).
  rewrite running_max_commutes, running_min_commutes. fold A B. unfold span. f_equal.
  unfold Rmax, Rmin. repeat destruct Rle_dec; lra.
Qed.

Theorem coarse_hat_from_fine d (x : point d) (a : node d) :
  cube x -> lsum (nodes K d) (fun b => hat (local K x b) * hat (local N (position K b) a)) = hat (local N x a).
Proof.
  intros Hx. assert (Hm : 0 < INR m) by now apply lt_0_INR.
  apply Rmult_eq_reg_l with (INR m); [|lra]. rewrite <- pieces_of_coarse_hat, <- lsum_scal.
  rewrite (lsum_ext _ _ (fun b => lsum (seq 0 m) (fun j => windows j a b * hat (local K x b)))).
  - rewrite lsum_swap. apply lsum_ext. intros j _. unfold hat. now apply fine_hats_in_windows; try lra.
  - intros b _. rewrite lsum_scal_r. fold (sum m (fun j => windows j a b)). rewrite <- coarse_hat_at_fine_node. ring.
Qed.

(** Interpolating an interpolant of the coarse grid on the fine grid changes nothing. *)
Theorem interpolant_nested d (c : node d -> R) (x : point d) :
  cube x -> interpolant K (fun b => interpolant N c (position K b)) x = interpolant N c x.
Proof.
  intros Hx. unfold interpolant.
  rewrite (lsum_ext _ _ (fun b => lsum (nodes N d) (fun a => c a * (hat (local K x b) * hat (local N (position K b) a))))).
  - rewrite lsum_swap. apply lsum_ext. intros a _. rewrite lsum_scal, coarse_hat_from_fine by exact Hx. ring.
  - intros b _. rewrite <- lsum_scal. apply lsum_ext. intros a _. ring.
Qed.
End Nested.
