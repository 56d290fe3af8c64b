(** * Interpolation on the Kuhn triangulation of the grid of [0,1]^d

    The hat function of node a is  relu(1 - max(0, t_1 .. t_d) + min(0, t_1 .. t_d)),  t = N x - a.  For every d the hats are
    nonnegative, sum to one on the cube, and vanish at distance 1/N (max-norm) from their node: I_h c = sum_a c_a hat_a is a weighted
    mean of nearby node values.  For d = 1 and d = 2 the weights are written out: the piecewise linear interpolant. *)

From Coq Require Import Reals List Lra Lia.
From Coquelicot Require Import Compactness.
From Multigrade Require Import FiniteSum TrainingBound.
Import ListNotations.
Open Scope R_scope.

(** A point of R^d is [Tn d R], the d-fold product R * (R * ... unit). *)
Definition point (d : nat) : Type := Tn d R.
Definition node (d : nat) : Type := Tn d nat.

Fixpoint cube {d} : point d -> Prop :=
  match d with
  | O => fun _ => True
  | S d' => fun x => 0 <= fst x <= 1 /\ cube (snd x)
  end.

(** Max-norm distance at most h. *)
Fixpoint within {d} (h : R) : point d -> point d -> Prop :=
  match d with
  | O => fun _ _ => True
  | S d' => fun x y => Rabs (fst x - fst y) <= h /\ within h (snd x) (snd y)
  end.

(** The (N+1)^d nodes, their positions a / N, and t = N x - a. *)
Fixpoint nodes (N d : nat) : list (node d) :=
  match d with
  | O => [tt]
  | S d' => flat_map (fun i => map (pair i) (nodes N d')) (seq 0 (S N))
  end.

Fixpoint position (N : nat) {d} : node d -> point d :=
  match d with
  | O => fun _ => tt
  | S d' => fun a => (INR (fst a) / INR N, position N (snd a))
  end.

Fixpoint local (N : nat) {d} : point d -> node d -> point d :=
  match d with
  | O => fun _ _ => tt
  | S d' => fun x a => (INR N * fst x - INR (fst a), local N (snd x) (snd a))
  end.

(** max(M, t_1 .. t_d) and min(m, t_1 .. t_d), one coordinate at a time. *)
Fixpoint running_max {d} (M : R) : point d -> R :=
  match d with
  | O => fun _ => M
  | S d' => fun t => running_max (Rmax M (fst t)) (snd t)
  end.

Fixpoint running_min {d} (m : R) : point d -> R :=
  match d with
  | O => fun _ => m
  | S d' => fun t => running_min (Rmin m (fst t)) (snd t)
  end.

Definition hat {d} (t : point d) : R := relu (1 - running_max 0 t + running_min 0 t).

Definition interpolant (N : nat) {d} (c : node d -> R) (x : point d) : R :=
  lsum (nodes N d) (fun a => hat (local N x a) * c a).

Lemma interpolant_minus N d (c c' : node d -> R) x :
  interpolant N (fun a => c a - c' a) x = interpolant N c x - interpolant N c' x.
Proof. unfold interpolant. rewrite <- lsum_minus. apply lsum_ext. intros; ring. Qed.

(** ** The hats sum to one, in every dimension *)

(** The interval [-m, 1 - M] meets the cell of node j in this length; the lengths telescope. *)
Lemma cell_lengths M m s j :
  M - m <= 1 ->
  relu (1 - Rmax M (s - j) + Rmin m (s - j))
  = Rmax (- m) (Rmin (1 - M) (j + 1 - s)) - Rmax (- m) (Rmin (1 - M) (j - s)).
Proof.
  intros H. unfold relu, Rmax, Rmin. repeat destruct Rle_dec; lra.
Qed.

Lemma cells_cover M m s N :
  0 <= M -> m <= 0 -> 0 <= s <= INR N ->
  sum (S N) (fun j => relu (1 - Rmax M (s - INR j) + Rmin m (s - INR j))) = relu (1 - M + m).
Proof.
  intros HM Hm Hs. destruct (Rle_dec (M - m) 1) as [H|H].
  - rewrite (sum_ext _ _ (fun j => Rmax (- m) (Rmin (1 - M) (INR (S j) - s)) - Rmax (- m) (Rmin (1 - M) (INR j - s)))).
    + rewrite (sum_telescope (S N) (fun j => Rmax (- m) (Rmin (1 - M) (INR j - s)))).
      rewrite S_INR. simpl (INR 0). rewrite relu_pos by lra.
      unfold Rmax, Rmin. repeat destruct Rle_dec; lra.
    + intros j _. rewrite cell_lengths by exact H. now rewrite S_INR.
  - rewrite relu_neg by lra. apply sum_zero. intros j _. apply relu_neg.
    unfold Rmax, Rmin. repeat destruct Rle_dec; lra.
Qed.

Lemma hats_partition_general N d : forall (x : point d) M m,
  cube x -> 0 <= M -> m <= 0 ->
  lsum (nodes N d) (fun a => relu (1 - running_max M (local N x a) + running_min m (local N x a)))
  = relu (1 - M + m).
Proof.
  induction d as [|d IH]; intros x M m Hx HM Hm; simpl.
  - ring.
  - destruct Hx as [Hx1 Hx2].
    assert (Hs : 0 <= INR N * fst x <= INR N).
    { assert (h := pos_INR N). split; [apply Rmult_le_pos; lra|].
      rewrite <- (Rmult_1_r (INR N)) at 2. apply Rmult_le_compat_l; lra. }
    rewrite <- (cells_cover M m (INR N * fst x) N HM Hm Hs).
    unfold sum. simpl seq.
    rewrite lsum_app. rewrite lsum_flat_map, lsum_map. simpl.
    f_equal.
    + rewrite (IH (snd x)); auto.
      * apply Rle_trans with M; [exact HM | apply Rmax_l].
      * apply Rle_trans with m; [apply Rmin_l | exact Hm].
    + apply lsum_ext. intros i _. rewrite lsum_map. simpl. rewrite (IH (snd x)); auto.
      * apply Rle_trans with M; [exact HM | apply Rmax_l].
      * apply Rle_trans with m; [apply Rmin_l | exact Hm].
Qed.

Theorem hats_sum_to_one N d (x : point d) :
  cube x -> lsum (nodes N d) (fun a => hat (local N x a)) = 1.
Proof.
  intros Hx. unfold hat. rewrite hats_partition_general by (auto; lra). rewrite relu_pos; lra.
Qed.

Lemma hat_nonneg d (t : point d) : 0 <= hat t.
Proof. apply relu_nonneg. Qed.

(** ** The support of a hat *)

Lemma running_max_ge d : forall (t : point d) M, M <= running_max M t.
Proof.
  induction d as [|d IH]; intros t M; simpl; [lra|].
  eapply Rle_trans; [|apply IH]. apply Rmax_l.
Qed.

Lemma running_min_le d : forall (t : point d) m, running_min m t <= m.
Proof.
  induction d as [|d IH]; intros t m; simpl; [lra|].
  eapply Rle_trans; [apply IH|]. apply Rmin_l.
Qed.

(** Points and nodes by coordinates. *)
Fixpoint coordinates {d} : point d -> nat -> R :=
  match d with
  | O => fun _ _ => 0
  | S d' => fun v i => match i with O => fst v | S i' => coordinates (snd v) i' end
  end.

Fixpoint node_coordinates {d} : node d -> nat -> nat :=
  match d with
  | O => fun _ _ => 0%nat
  | S d' => fun a i => match i with O => fst a | S i' => node_coordinates (snd a) i' end
  end.

Lemma local_coordinates N d : forall (v : point d) a i, (i < d)%nat ->
  coordinates (local N v a) i = INR N * coordinates v i - INR (node_coordinates a i).
Proof.
  induction d as [|d IH]; intros v a i Hi; [lia|].
  destruct i as [|i]; [reflexivity|]. simpl. apply IH. lia.
Qed.

Lemma running_max_upper d : forall (t : point d) M i, (i < d)%nat -> coordinates t i <= running_max M t.
Proof.
  induction d as [|d IH]; intros t M i Hi; [lia|]. destruct i as [|i]; simpl.
  - eapply Rle_trans; [apply Rmax_r | apply running_max_ge].
  - apply IH. lia.
Qed.

Lemma running_min_lower d : forall (t : point d) m i, (i < d)%nat -> running_min m t <= coordinates t i.
Proof.
  induction d as [|d IH]; intros t m i Hi; [lia|]. destruct i as [|i]; simpl.
  - eapply Rle_trans; [apply running_min_le | apply Rmin_r].
  - apply IH. lia.
Qed.

Lemma running_max_attained d : forall (t : point d) M,
  running_max M t = M \/ exists i, (i < d)%nat /\ running_max M t = coordinates t i.
Proof.
  induction d as [|d IH]; intros t M; simpl; [now left|].
  destruct (IH (snd t) (Rmax M (fst t))) as [H|[i [Hi H]]].
  - rewrite H. unfold Rmax. destruct Rle_dec; [|now left]. right. exists 0%nat. split; [lia | reflexivity].
  - right. exists (S i). split; [lia | exact H].
Qed.

Lemma running_min_attained d : forall (t : point d) m,
  running_min m t = m \/ exists i, (i < d)%nat /\ running_min m t = coordinates t i.
Proof.
  induction d as [|d IH]; intros t m; simpl; [now left|].
  destruct (IH (snd t) (Rmin m (fst t))) as [H|[i [Hi H]]].
  - rewrite H. unfold Rmin. destruct Rle_dec; [now left|]. right. exists 0%nat. split; [lia | reflexivity].
  - right. exists (S i). split; [lia | exact H].
Qed.

Fixpoint all_below {d} (h : R) : point d -> Prop :=
  match d with
  | O => fun _ => True
  | S d' => fun t => Rabs (fst t) < h /\ all_below h (snd t)
  end.

Lemma spread_general d : forall (t : point d) M m,
  0 <= M -> m <= 0 -> running_max M t - running_min m t < 1 -> all_below 1 t.
Proof.
  induction d as [|d IH]; intros t M m HM Hm H; simpl in *; [exact I|].
  assert (h1 := running_max_ge d (snd t) (Rmax M (fst t))).
  assert (h2 := running_min_le d (snd t) (Rmin m (fst t))).
  split.
  - assert (Rmax M (fst t) - Rmin m (fst t) < 1) by lra.
    apply Rabs_def1; unfold Rmax, Rmin in *; repeat destruct Rle_dec; lra.
  - apply IH with (Rmax M (fst t)) (Rmin m (fst t)); [| |exact H].
    + apply Rle_trans with M; [exact HM | apply Rmax_l].
    + apply Rle_trans with m; [apply Rmin_l | exact Hm].
Qed.

Lemma hat_support d (t : point d) : 0 < hat t -> all_below 1 t.
Proof.
  intros H. apply spread_general with 0 0; try lra.
  destruct (Rle_dec 1 (running_max 0 t - running_min 0 t)); [|lra].
  unfold hat in H. rewrite relu_neg in H; lra.
Qed.

(** Where a hat is positive its node is within 1/N. *)
Lemma near_node N d : (0 < N)%nat -> forall (x : point d) a,
  all_below 1 (local N x a) -> within (/ INR N) x (position N a).
Proof.
  intros HN. assert (Hp : 0 < INR N) by now apply lt_0_INR.
  induction d as [|d IH]; intros x a H; simpl in *; [exact I|].
  destruct H as [H1 H2]. split; [|now apply IH].
  replace (fst x - INR (fst a) / INR N) with (/ INR N * (INR N * fst x - INR (fst a))) by (field; lra).
  rewrite Rabs_mult, Rabs_pos_eq by (apply Rlt_le, Rinv_0_lt_compat, Hp).
  rewrite <- (Rmult_1_r (/ INR N)) at 2. apply Rmult_le_compat_l; [|lra].
  apply Rlt_le, Rinv_0_lt_compat, Hp.
Qed.

Lemma node_in_cube N d : (0 < N)%nat -> forall a : node d, In a (nodes N d) -> cube (position N a).
Proof.
  intros HN. assert (Hp : 0 < INR N) by now apply lt_0_INR.
  induction d as [|d IH]; intros a Ha; [exact I|].
  change (In a (flat_map (fun i => map (pair i) (nodes N d)) (seq 0 (S N)))) in Ha.
  apply in_flat_map in Ha. destruct Ha as [i [Hi Ha]]. apply in_map_iff in Ha. destruct Ha as [b [<- Hb]].
  apply in_below in Hi. split; [|now apply IH]. cbn [fst position].
  assert (INR i <= INR N) by (apply le_INR; lia). assert (h := pos_INR i).
  split.
  - apply Rmult_le_pos; [exact h | apply Rlt_le, Rinv_0_lt_compat, Hp].
  - apply Rmult_le_reg_r with (INR N); [exact Hp|]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l; lra.
Qed.

(** Two nodes whose hats are positive at one point are joined by an edge: they differ by 0 or 1 in every coordinate, in one direction. *)
Fixpoint above {d} : node d -> node d -> Prop :=
  match d with
  | O => fun _ _ => True
  | S d' => fun a b => (fst a <= fst b <= S (fst a))%nat /\ above (snd a) (snd b)
  end.

Definition edge {d} (a b : node d) : Prop := above a b \/ above b a.

(** u rounds x to a: a_i < N x_i + u < a_i + 1 in every coordinate. *)
Fixpoint rounds (N : nat) (u : R) {d} : point d -> node d -> Prop :=
  match d with
  | O => fun _ _ => True
  | S d' => fun x a => INR (fst a) < INR N * fst x + u < INR (fst a) + 1 /\ rounds N u (snd x) (snd a)
  end.

Lemma rounds_general N u d : forall (x : point d) a M m,
  - running_min m (local N x a) < u < 1 - running_max M (local N x a) -> rounds N u x a.
Proof.
  induction d as [|d IH]; intros x a M m H; simpl in *; [exact I|].
  assert (h1 := running_max_ge d (local N (snd x) (snd a)) (Rmax M (INR N * fst x - INR (fst a)))).
  assert (h2 := running_min_le d (local N (snd x) (snd a)) (Rmin m (INR N * fst x - INR (fst a)))).
  assert (h3 := Rmax_r M (INR N * fst x - INR (fst a))).
  assert (h4 := Rmin_r m (INR N * fst x - INR (fst a))).
  split; [lra|]. now apply (IH _ _ _ _ H).
Qed.

Lemma positive_hat_rounds N d (x : point d) a : 0 < hat (local N x a) -> exists u, 0 < u < 1 /\ rounds N u x a.
Proof.
  intros H. set (M := running_max 0 (local N x a)). set (m := running_min 0 (local N x a)).
  assert (Hgap : 0 < 1 - M + m).
  { destruct (Rle_dec (1 - M + m) 0) as [h|h]; [|lra].
    unfold hat in H. fold M m in H. rewrite relu_neg in H; lra. }
  assert (HM : 0 <= M) by apply running_max_ge. assert (Hm : m <= 0) by apply running_min_le.
  exists ((1 - M - m) / 2). split; [lra|]. apply rounds_general with 0 0. fold M m. lra.
Qed.

Lemma rounds_above N u u' d : u <= u' < u + 1 -> forall (x : point d) a b,
  rounds N u x a -> rounds N u' x b -> above a b.
Proof.
  intros Hu. induction d as [|d IH]; intros x a b Ha Hb; simpl in *; [exact I|].
  destruct Ha as [Ha1 Ha2], Hb as [Hb1 Hb2]. split; [|now apply IH with (snd x)].
  assert (h1 : INR (fst a) < INR (fst b + 1)) by (rewrite plus_INR; simpl; lra).
  assert (h2 : INR (fst b) < INR (fst a + 2)) by (rewrite plus_INR; simpl; lra).
  apply INR_lt in h1. apply INR_lt in h2. lia.
Qed.

Theorem positive_hats_edge N d (x : point d) a b :
  0 < hat (local N x a) -> 0 < hat (local N x b) -> edge a b.
Proof.
  intros Ha Hb. destruct (positive_hat_rounds N d x a Ha) as [u [Hu H]].
  destruct (positive_hat_rounds N d x b Hb) as [u' [Hu' H']].
  destruct (Rle_dec u u').
  - left. apply (rounds_above N u u') with x; auto. lra.
  - right. apply (rounds_above N u' u) with x; auto. lra.
Qed.

(** The interpolant takes the given values at the nodes. *)
Lemma node_isolated N d : (0 < N)%nat -> forall a b : node d,
  all_below 1 (local N (position N a) b) -> b = a.
Proof.
  intros HN. assert (Hp : 0 < INR N) by now apply lt_0_INR.
  induction d as [|d IH]; intros a b H; simpl in *; [now destruct a, b|].
  destruct a as [a1 a2], b as [b1 b2]. destruct H as [H1 H2]. simpl in *. f_equal; [|now apply IH].
  replace (INR N * (INR a1 / INR N) - INR b1) with (INR a1 - INR b1) in H1 by (field; lra).
  apply Rabs_def2 in H1.
  assert (h1 : INR a1 < INR (b1 + 1)) by (rewrite plus_INR; simpl; lra).
  assert (h2 : INR b1 < INR (a1 + 1)) by (rewrite plus_INR; simpl; lra).
  apply INR_lt in h1. apply INR_lt in h2. lia.
Qed.

Theorem interpolant_at_node N d (c : node d -> R) a :
  (0 < N)%nat -> In a (nodes N d) -> interpolant N c (position N a) = c a.
Proof.
  intros HN Ha. unfold interpolant.
  rewrite (lsum_ext _ _ (fun b => hat (local N (position N a) b) * c a)).
  - rewrite lsum_scal_r, hats_sum_to_one by now apply node_in_cube. ring.
  - intros b _. destruct (Req_dec (hat (local N (position N a) b)) 0) as [->|Hne]; [ring|].
    assert (h := hat_nonneg d (local N (position N a) b)).
    rewrite (node_isolated N d HN a b) by (apply hat_support; lra). reflexivity.
Qed.

(** ** d = 1: the piecewise linear interpolant *)

Lemma hat_1d t : @hat 1 (t, tt) = relu (1 - Rabs t).
Proof. unfold hat. simpl. f_equal. unfold Rmax, Rmin, Rabs. repeat destruct Rle_dec; destruct Rcase_abs; lra. Qed.

(** A sum with at most two nonzero terms, next to each other. *)
Lemma sum_two n i f :
  (S i < n)%nat -> (forall j, (j < n)%nat -> j <> i -> j <> S i -> f j = 0) -> sum n f = f i + f (S i).
Proof.
  intros Hi H. replace n with (i + (2 + (n - i - 2)))%nat by lia. unfold sum.
  rewrite !seq_app, !lsum_app. simpl.
  rewrite lsum_zero, (lsum_zero (seq (i + 2) _)).
  - ring.
  - intros j Hj. apply in_seq in Hj. apply H; lia.
  - intros j Hj. apply in_seq in Hj. apply H; lia.
Qed.

(** Node j is further than 1 from s in [i, i+1] unless j is i or i + 1. *)
Lemma far_nodes i j s :
  INR i <= s <= INR i + 1 -> j <> i -> j <> S i -> s - INR j <= -1 \/ 1 <= s - INR j.
Proof.
  intros Hs H1 H2. destruct (Nat.lt_ge_cases j i) as [Hlt|Hge].
  - right. assert (h : INR (j + 1) <= INR i) by (apply le_INR; lia). rewrite plus_INR in h. simpl in h. lra.
  - left. assert (h : INR (i + 2) <= INR j) by (apply le_INR; lia). rewrite plus_INR in h. simpl in h. lra.
Qed.

Theorem interpolant_1d N (c : node 1 -> R) i x :
  (i < N)%nat -> INR i <= INR N * x <= INR i + 1 ->
  @interpolant N 1 c (x, tt)
  = (1 - (INR N * x - INR i)) * c (i, tt) + (INR N * x - INR i) * c (S i, tt).
Proof.
  intros Hi Hx. unfold interpolant.
  change (nodes N 1) with (flat_map (fun j : nat => map (pair j) [tt]) (seq 0 (S N))).
  rewrite lsum_flat_map. cbn [map lsum].
  change (sum (S N) (fun j => @hat 1 (@local N 1 (x, tt) (j, tt)) * c (j, tt) + 0)
     = (1 - (INR N * x - INR i)) * c (i, tt) + (INR N * x - INR i) * c (S i, tt)).
  rewrite (sum_two _ i) by (try lia; intros j _ H1 H2; cbn [local fst snd]; rewrite hat_1d;
    destruct (far_nodes i j (INR N * x) Hx H1 H2); rewrite relu_neg; try (unfold Rabs; destruct Rcase_abs; lra); ring).
  cbn [local fst snd]. rewrite !hat_1d, S_INR.
  rewrite !relu_pos by (unfold Rabs; destruct Rcase_abs; lra).
  rewrite (Rabs_pos_eq (INR N * x - INR i)) by lra.
  rewrite (Rabs_left1 (INR N * x - (INR i + 1))) by lra. ring.
Qed.

(** ** d = 2: the two triangles of a grid cell

    f = N x - (i, j) in the unit square; below the diagonal (f_2 <= f_1) the triangle has the nodes (0,0), (1,0), (1,1). *)

Lemma hat_2d t1 t2 : @hat 2 (t1, (t2, tt)) = relu (1 - Rmax (Rmax 0 t1) t2 + Rmin (Rmin 0 t1) t2).
Proof. reflexivity. Qed.

Ltac by_cases := unfold relu, Rmax, Rmin; repeat destruct Rle_dec; try lra.

Lemma hat_2d_below f1 f2 : 0 <= f2 <= f1 -> f1 <= 1 ->
  @hat 2 (f1, (f2, tt)) = 1 - f1 /\ @hat 2 (f1 - 1, (f2, tt)) = f1 - f2
  /\ @hat 2 (f1 - 1, (f2 - 1, tt)) = f2 /\ @hat 2 (f1, (f2 - 1, tt)) = 0.
Proof. intros H1 H2. rewrite !hat_2d. repeat split; by_cases. Qed.

Lemma hat_2d_above f1 f2 : 0 <= f1 <= f2 -> f2 <= 1 ->
  @hat 2 (f1, (f2, tt)) = 1 - f2 /\ @hat 2 (f1, (f2 - 1, tt)) = f2 - f1
  /\ @hat 2 (f1 - 1, (f2 - 1, tt)) = f1 /\ @hat 2 (f1 - 1, (f2, tt)) = 0.
Proof. intros H1 H2. rewrite !hat_2d. repeat split; by_cases. Qed.

Lemma hat_2d_far t1 t2 : t1 <= -1 \/ 1 <= t1 \/ t2 <= -1 \/ 1 <= t2 -> @hat 2 (t1, (t2, tt)) = 0.
Proof. intros H. rewrite hat_2d. apply relu_neg. destruct H as [H|[H|[H|H]]]; by_cases. Qed.

Lemma interpolant_2d_sum N (c : node 2 -> R) x1 x2 :
  @interpolant N 2 c (x1, (x2, tt))
  = sum (S N) (fun a => sum (S N) (fun b =>
      @hat 2 (INR N * x1 - INR a, (INR N * x2 - INR b, tt)) * c (a, (b, tt)))).
Proof.
  unfold interpolant.
  change (nodes N 2) with (flat_map (fun i => map (pair i) (flat_map (fun j => map (pair j) [tt]) (seq 0 (S N)))) (seq 0 (S N))).
  rewrite lsum_flat_map. unfold sum. apply lsum_ext. intros a _.
  rewrite lsum_map, lsum_flat_map. apply lsum_ext. intros b _. cbn [map lsum]. now rewrite Rplus_0_r.
Qed.

(** Only the four corners of the cell count. *)
Lemma interpolant_2d_cell N (c : node 2 -> R) i j x1 x2 :
  (i < N)%nat -> (j < N)%nat ->
  INR i <= INR N * x1 <= INR i + 1 -> INR j <= INR N * x2 <= INR j + 1 ->
  let f1 := INR N * x1 - INR i in let f2 := INR N * x2 - INR j in
  @interpolant N 2 c (x1, (x2, tt))
  = @hat 2 (f1, (f2, tt)) * c (i, (j, tt)) + @hat 2 (f1, (f2 - 1, tt)) * c (i, (S j, tt))
    + (@hat 2 (f1 - 1, (f2, tt)) * c (S i, (j, tt)) + @hat 2 (f1 - 1, (f2 - 1, tt)) * c (S i, (S j, tt))).
Proof.
  intros Hi Hj H1 H2 f1 f2. rewrite interpolant_2d_sum.
  rewrite (sum_two _ i).
  - rewrite !(sum_two _ j); try lia.
    + unfold f1, f2. rewrite !S_INR.
      replace (INR N * x1 - (INR i + 1)) with (INR N * x1 - INR i - 1) by ring.
      replace (INR N * x2 - (INR j + 1)) with (INR N * x2 - INR j - 1) by ring. reflexivity.
    + intros b _ Hb1 Hb2. rewrite hat_2d_far; [ring|].
      destruct (far_nodes j b _ H2 Hb1 Hb2); auto.
    + intros b _ Hb1 Hb2. rewrite hat_2d_far; [ring|].
      destruct (far_nodes j b _ H2 Hb1 Hb2); auto.
  - lia.
  - intros a _ Ha1 Ha2. apply sum_zero. intros b _. rewrite hat_2d_far; [ring|].
    destruct (far_nodes i a _ H1 Ha1 Ha2); auto.
Qed.

Theorem interpolant_2d_below N (c : node 2 -> R) i j x1 x2 :
  (i < N)%nat -> (j < N)%nat ->
  let f1 := INR N * x1 - INR i in let f2 := INR N * x2 - INR j in
  0 <= f2 <= f1 -> f1 <= 1 ->
  @interpolant N 2 c (x1, (x2, tt))
  = (1 - f1) * c (i, (j, tt)) + (f1 - f2) * c (S i, (j, tt)) + f2 * c (S i, (S j, tt)).
Proof.
  intros Hi Hj f1 f2 H2 H1. rewrite (interpolant_2d_cell N c i j) by (auto; unfold f1, f2 in *; lra).
  fold f1 f2. destruct (hat_2d_below f1 f2 H2 H1) as [-> [-> [-> ->]]]. ring.
Qed.

Theorem interpolant_2d_above N (c : node 2 -> R) i j x1 x2 :
  (i < N)%nat -> (j < N)%nat ->
  let f1 := INR N * x1 - INR i in let f2 := INR N * x2 - INR j in
  0 <= f1 <= f2 -> f2 <= 1 ->
  @interpolant N 2 c (x1, (x2, tt))
  = (1 - f2) * c (i, (j, tt)) + (f2 - f1) * c (i, (S j, tt)) + f1 * c (S i, (S j, tt)).
Proof.
  intros Hi Hj f1 f2 H1 H2. rewrite (interpolant_2d_cell N c i j) by (auto; unfold f1, f2 in *; lra).
  fold f1 f2. destruct (hat_2d_above f1 f2 H1 H2) as [-> [-> [-> ->]]]. ring.
Qed.
