(* multigrade-coq-checker FILE ...: reads lists of integers, as `multigrade export --format integers` writes them, and says
   of each what the function extracted from Coq decides. Exit 0: all accepted, 1: one refused, 2: one not such a list. *)

let blank c = c = ' ' || c = '\n'

(* The integers of a text, in hexadecimal with 0x or in decimal, between blanks. *)
let integers text =
  let rec back stop numbers =
    if stop = 0 then numbers
    else if blank text.[stop - 1] then back (stop - 1) numbers
    else
      let start = ref (stop - 1) in
      while !start > 0 && not (blank text.[!start - 1]) do decr start done;
      back !start (Z.of_substring text ~pos:!start ~len:(stop - !start) :: numbers)
  in
  back (String.length text) []

let read file =
  let channel = open_in_bin file in
  let text = really_input_string channel (in_channel_length channel) in
  close_in channel;
  text

let judge file =
  match Checker.decide (integers (read file)) with
  | Checker.Accepted -> ("accepted", 0)
  | Checker.Refused -> ("refused", 1)
  | Checker.Malformed -> ("malformed", 2)
  | exception Sys_error message -> (message, 2)
  | exception Invalid_argument message -> ("malformed: " ^ message, 2)
  | exception Stack_overflow -> ("too large for the stack, raise it with ulimit -s unlimited", 2)

let () =
  let files = List.tl (Array.to_list Sys.argv) in
  if files = [] then (prerr_endline "usage: multigrade-coq-checker FILE ..."; exit 2);
  let worst file = let said, code = judge file in Printf.printf "%s: %s\n" file said; code in
  exit (List.fold_left (fun code file -> max code (worst file)) 0 files)
