/** English: short, active; every promise in one sentence with its limit. */
export const en = {
  loading: "Loading the survey …",
  rehearsal: "Rehearsal: this round is for trying out. Your answers are no results of the city.",
  unconfirmed: "A machine made this translation. No person has confirmed it yet.",
  next: "Continue",
  back: "Back",
  part: (number, count) => `Part ${number} of ${count}`,

  welcome: {
    asks: (city) => `${city} is asking its staff.`,
    duration: "Time needed",
    minutes: (count) => `${count} minutes at most`,
    open: "Open",
    until: (date) => `until ${date}`,
    results: "Results",
    groups: (size) => `only for groups of ${size} people or more`,
    voluntary: "Voluntary",
    skip: "you can skip every question",
    stored: "What is stored and what is not",
    what: "What",
    isStored: "Stored?",
    table: [
      ["Your answers", "Yes, encrypted on your device. They are erased after the city's retention period."],
      ["Your invitation code", "That it is used. Not which response belongs to it."],
      ["Name, e-mail, staff number", "Not with your answers. An address list for invitations is not tied to codes."],
      ["Time, duration, device, language", "No, not with your answers."],
      ["On this device", "Nothing. When you leave the page, everything is gone."],
    ],
    limits: "What you should know first",
    custodyServer:
      "Whoever runs the server holds the key to the answers. Until the unsealing they could link answers to people by time. After that the key is destroyed.",
    custodyTrustees: (threshold, count) =>
      `${count} trustees share the key to the answers. Only ${threshold} of them together can unseal the ballot box, and only after the round has ended.`,
    server: "This page comes from the survey's server. Whoever controls it could change the page.",
    final: "You cannot withdraw answers you have sent: nobody knows which are yours.",
    noReport: "This is a survey, not a report: it starts no action. You find help at the bottom of every page.",
    fingerprint: "Fingerprint of this round",
    compare: "It must be the same as on your invitation and on the notice board.",
    codeKnown: "Your invitation code is filled in.",
    start: "Start the survey",
  },

  code: {
    label: "Invitation code",
    hint: "16 characters, for example ABCD-EFGH-JKMN-PQRS. It is on your invitation.",
    empty: "Enter your invitation code.",
    invalid: "This code cannot be right. It has 16 characters: digits, and letters without U.",
    use: "Send with this code",
  },

  errors: "Please check",

  note: { title: "Before you go on", go: "Continue to the questions", skip: "Skip this part" },

  section: {
    clear: "Clear",
    clearWhat: (question) => `Clear selection: ${question}`,
    choose: "Please choose",
    number: (minimum, maximum) => `A whole number from ${minimum} to ${maximum}.`,
    length: (used, most) => `${used} of ${most} characters`,
    tooLong: (most) => `Shorten the text to ${most} characters.`,
    textWarning: "Give no names, and nothing by which you or others can be recognised.",
    toReview: "Back to the overview",
  },

  review: {
    title: "Check your answers",
    intro: "Nothing has been sent yet. You can change everything.",
    change: "Change",
    changePart: (title) => `Change: ${title}`,
    skipped: "Not answered",
    allSkipped: "You have not answered this part.",
    final: "After sending you can neither change nor withdraw your answers.",
    send: "Send answers",
  },

  sending: {
    title: "Handing in your answers",
    stay: "Keep this page open until the receipt appears.",
    steps: {
      seal: "Encrypt on this device",
      redeem: "Redeem the invitation code",
      verify: "Verify the blind signature",
      respond: "Put the sealed response into the ballot box",
    },
    state: { done: "done", running: "running", waiting: "to come" },
    retry: ({ attempt, attempts, seconds }) =>
      `No connection. Trying again in ${Math.ceil(seconds)} s (${attempt + 1} of ${attempts}). Your answers are still here.`,
  },

  receipt: {
    title: "Thank you. Your response is in the ballot box.",
    label: "Your receipt",
    meaning: "It proves that your sealed response is in the ballot box. It says nothing about your answers.",
    shared: "Do others use this device too? Then do not save the receipt here.",
    copy: "Copy",
    copied: "The receipt is copied.",
    notCopied: "Copying does not work here. Save the receipt as a file.",
    save: "Save as a file",
    next: "What happens next",
    steps: (closes, size) => [
      `The round ends on ${closes}, and the ballot box is closed.`,
      "After that you can check that your response is in the ballot box.",
      `At the unsealing all responses are shuffled. Results appear only for groups of ${size} people or more.`,
    ],
    check: "Check a receipt",
    file: (title, round, receipt, address) =>
      `${title}\nRound: ${round}\nReceipt: ${receipt}\n\nCheck after the end of the round: ${address}\n`,
    fileName: "receipt.txt",
    close: "You can close this page now.",
  },

  states: {
    scheduled: {
      title: "This round has not begun yet",
      text: (opens) => [`It opens on ${opens}.`, "Keep your code and come back then."],
    },
    closed: {
      title: "This round has ended",
      text: (_, closes) => [
        `It ended on ${closes}. New answers are no longer possible.`,
        "Did you take part? Then you can check with your receipt that your response is in the ballot box.",
      ],
    },
    lost: {
      title: "This round will not be evaluated",
      text: () => ["Its keys are destroyed. Nobody can read the answers."],
    },
  },

  problem: {
    retry: "Try again",
    kept: "Your answers are still here as long as this page stays open.",
    home: "To the start page",
    codes: {
      unknown_round: ["There is no such round", "Check the address on your invitation."],
      round_not_open: [
        "The round is no longer open",
        "Time ran out while you were answering. Your answers were not handed in.",
      ],
      unknown_invitation: [
        "The round does not know this code",
        "Compare it with your invitation. It is valid for one round only.",
      ],
      not_a_code: ["This code cannot be right", "An invitation code has 16 characters."],
      already_redeemed: [
        "This code has been used",
        "Each code is valid once. If you have taken part, there is nothing to do. If not, ask whoever invited you for a new code.",
      ],
      unreachable: [
        "No connection",
        "The server does not answer. Check your network and try again. Nothing counts twice.",
      ],
      rate_limited: ["Too many wrong codes have come in", "Check your code, wait a minute and try again."],
      unavailable: ["The service is taking a break", "Wait some minutes and try again."],
      answer_too_long: ["Your answers are too long", "Shorten your texts, then send again."],
      untrusted: ["Please do not take part", "What the server sends does not fit together. Tell whoever invited you."],
      other: ["That did not work", "Try again in some minutes."],
      crypto: ["This browser cannot encrypt", "Open the page over https and in a newer browser."],
    },
  },

  count: {
    receiptLabel: "Receipt",
    receiptHint: "64 characters: 0 to 9 and a to f.",
    receiptInvalid: "This is no receipt. It has 64 characters: 0 to 9 and a to f.",
    round: "Round",
    check: "Look in the ballot box",
    running: "Loading the ballot box …",
    found: "Your response is in the ballot box",
    foundText: "The receipt is in the closed ballot box, and the checksum of the box is right.",
    missing: "This receipt is not in the ballot box",
    missingText:
      "Check that round and receipt are right. If both are, show your receipt to the staff council: then a response is missing.",
    notReady: "The ballot box is not closed yet",
    notReadyText: "Checking is possible after the end of the round.",
    start: "Recount the ballot box",
    progress: (checked, total) => `${checked} of ${total} signatures checked`,
    sound: "The ballot box is sound",
    soundText: "Every counted response carries a valid signature, none counts twice, and the checksum is right.",
    unsound: "The ballot box is not sound",
    unsoundText: "Show this page to the staff council and the data protection officer.",
    responses: "Sealed responses",
    issued: "Redeemed invitation codes",
    roster: "Staff on the roster",
    invalid: "Of these invalid",
    root: "Checksum of the ballot box",
    fingerprint: "Fingerprint of the round",
    faults: {
      fingerprint_differs: "The fingerprint is not that of this round.",
      counts_differ: "The counts do not fit together.",
      receipts_unordered: "The receipts are not in order, or one stands twice.",
      root_differs: "The checksum is not that of the receipts.",
      credentials_differ: "The signatures do not belong to the receipts.",
      serial_twice: "A signature counts twice.",
      credential_invalid: "A signature is not valid.",
    },
  },
};
