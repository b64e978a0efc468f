/** Deutsch: kurz, „Sie“, aktiv; jedes Versprechen in einem Satz mit seiner Grenze. */
export const de = {
  loading: "Die Befragung wird geladen …",
  rehearsal: "Probelauf: Diese Runde dient zum Ausprobieren. Ihre Antworten sind keine Ergebnisse der Stadt.",
  unconfirmed: "Diese Übersetzung stammt von einer Maschine. Ein Mensch hat sie noch nicht bestätigt.",
  next: "Weiter",
  back: "Zurück",
  part: (number, count) => `Teil ${number} von ${count}`,

  welcome: {
    asks: (city) => `${city} fragt ihre Beschäftigten.`,
    duration: "Dauer",
    minutes: (count) => `höchstens ${count} Minuten`,
    open: "Geöffnet",
    until: (date) => `bis ${date} Uhr`,
    results: "Ergebnisse",
    groups: (size) => `nur für Gruppen ab ${size} Personen`,
    voluntary: "Freiwillig",
    skip: "Sie können jede Frage überspringen",
    stored: "Was gespeichert wird und was nicht",
    what: "Was",
    isStored: "Gespeichert?",
    table: [
      ["Ihre Antworten", "Ja, verschlüsselt auf Ihrem Gerät. Nach der Frist der Stadt werden sie gelöscht."],
      ["Ihr Einladungscode", "Dass er benutzt ist. Nicht, welche Antwort dazugehört."],
      [
        "Name, E-Mail, Personalnummer",
        "Nicht bei Ihren Antworten. Eine Adressliste für Einladungen ist nicht mit Codes verbunden.",
      ],
      ["Uhrzeit, Dauer, Gerät, Sprache", "Nein, nicht bei Ihren Antworten."],
      ["Auf diesem Gerät", "Nichts. Wenn Sie die Seite verlassen, ist alles weg."],
    ],
    limits: "Was Sie vorher wissen sollten",
    custodyServer:
      "Der Schlüssel zu den Antworten liegt beim Betreiber des Servers. Bis zur Entsiegelung könnte er Antworten über die Uhrzeit zuordnen. Danach ist der Schlüssel vernichtet.",
    custodyTrustees: (threshold, count) =>
      `Den Schlüssel zu den Antworten teilen sich ${count} Stellen. Nur ${threshold} von ihnen zusammen können die Urne entsiegeln, und erst nach dem Ende der Runde.`,
    server: "Diese Seite kommt vom Server der Befragung. Wer ihn kontrolliert, könnte sie verändern.",
    final: "Abgeschickte Antworten können Sie nicht zurückziehen: Niemand weiß, welche Ihre sind.",
    noReport:
      "Das ist eine Befragung, keine Meldung. Niemand wird deswegen tätig. Hilfe finden Sie unten auf jeder Seite.",
    fingerprint: "Fingerabdruck dieser Runde",
    compare: "Er muss der gleiche sein wie auf Ihrer Einladung und am Aushang.",
    codeKnown: "Ihr Einladungscode ist eingetragen.",
    start: "Befragung beginnen",
  },

  code: {
    label: "Einladungscode",
    hint: "16 Zeichen, zum Beispiel ABCD-EFGH-JKMN-PQRS. Er steht auf Ihrer Einladung.",
    empty: "Geben Sie Ihren Einladungscode ein.",
    invalid: "Dieser Code kann nicht stimmen. Er hat 16 Zeichen: Ziffern und Buchstaben ohne U.",
    use: "Mit diesem Code absenden",
  },

  errors: "Bitte prüfen Sie",

  note: { title: "Bevor es weitergeht", go: "Weiter zu den Fragen", skip: "Diesen Teil überspringen" },

  section: {
    clear: "Löschen",
    clearWhat: (question) => `Auswahl löschen: ${question}`,
    choose: "Bitte wählen",
    number: (minimum, maximum) => `Eine ganze Zahl von ${minimum} bis ${maximum}.`,
    length: (used, most) => `${used} von ${most} Zeichen`,
    tooLong: (most) => `Kürzen Sie den Text auf ${most} Zeichen.`,
    textWarning: "Nennen Sie keine Namen und nichts, woran man Sie oder andere erkennt.",
    toReview: "Zurück zur Übersicht",
  },

  review: {
    title: "Ihre Antworten prüfen",
    intro: "Noch ist nichts abgeschickt. Sie können alles ändern.",
    change: "Ändern",
    changePart: (title) => `Ändern: ${title}`,
    skipped: "Nicht beantwortet",
    allSkipped: "Diesen Teil haben Sie nicht beantwortet.",
    final: "Nach dem Absenden können Sie Ihre Antworten weder ändern noch zurückziehen.",
    send: "Antworten absenden",
  },

  sending: {
    title: "Ihre Antworten werden abgegeben",
    stay: "Lassen Sie diese Seite offen, bis die Quittung erscheint.",
    steps: {
      seal: "Auf diesem Gerät verschlüsseln",
      redeem: "Einladungscode einlösen",
      verify: "Blinde Unterschrift prüfen",
      respond: "Versiegelte Antwort in die Urne legen",
    },
    state: { done: "erledigt", running: "läuft", waiting: "folgt" },
    retry: ({ attempt, attempts, seconds }) =>
      `Keine Verbindung. Neuer Versuch in ${Math.ceil(seconds)} s (${attempt + 1} von ${attempts}). Ihre Antworten sind noch da.`,
  },

  receipt: {
    title: "Danke. Ihre Antwort liegt in der Urne.",
    label: "Ihre Quittung",
    meaning: "Sie beweist, dass Ihre versiegelte Antwort in der Urne liegt. Über den Inhalt sagt sie nichts.",
    shared: "Andere nutzen dieses Gerät auch? Dann speichern Sie die Quittung hier nicht.",
    copy: "Kopieren",
    copied: "Die Quittung ist kopiert.",
    notCopied: "Kopieren geht hier nicht. Speichern Sie die Quittung als Datei.",
    save: "Als Datei speichern",
    next: "So geht es weiter",
    steps: (closes, size) => [
      `Am ${closes} Uhr endet die Runde, und die Urne wird geschlossen.`,
      "Danach können Sie prüfen, ob Ihre Antwort in der Urne liegt.",
      `Zur Entsiegelung werden alle Antworten gemischt. Ergebnisse erscheinen nur für Gruppen ab ${size} Personen.`,
    ],
    check: "Quittung prüfen",
    file: (title, round, receipt, address) =>
      `${title}\nRunde: ${round}\nQuittung: ${receipt}\n\nNach dem Ende der Runde prüfen: ${address}\n`,
    fileName: "quittung.txt",
    close: "Sie können diese Seite jetzt schließen.",
  },

  states: {
    scheduled: {
      title: "Diese Runde hat noch nicht begonnen",
      text: (opens) => [`Sie öffnet am ${opens} Uhr.`, "Heben Sie Ihren Code auf und kommen Sie dann wieder."],
    },
    closed: {
      title: "Diese Runde ist beendet",
      text: (_, closes) => [
        `Sie endete am ${closes} Uhr. Neue Antworten sind nicht mehr möglich.`,
        "Haben Sie teilgenommen? Dann können Sie mit Ihrer Quittung prüfen, ob Ihre Antwort in der Urne liegt.",
      ],
    },
    lost: {
      title: "Diese Runde wird nicht ausgewertet",
      text: () => ["Ihre Schlüssel sind vernichtet. Niemand kann die Antworten lesen."],
    },
  },

  problem: {
    retry: "Erneut versuchen",
    kept: "Ihre Antworten sind noch da, solange diese Seite offen bleibt.",
    home: "Zur Startseite",
    codes: {
      unknown_round: ["Diese Runde gibt es nicht", "Prüfen Sie die Adresse auf Ihrer Einladung."],
      round_not_open: [
        "Die Runde ist nicht mehr offen",
        "Während Sie geantwortet haben, ist die Zeit abgelaufen. Ihre Antworten wurden nicht abgegeben.",
      ],
      unknown_invitation: [
        "Diesen Code kennt die Runde nicht",
        "Vergleichen Sie ihn mit Ihrer Einladung. Er gilt nur für eine Runde.",
      ],
      not_a_code: ["Dieser Code kann nicht stimmen", "Ein Einladungscode hat 16 Zeichen."],
      already_redeemed: [
        "Dieser Code ist schon benutzt",
        "Jeder Code gilt einmal. Haben Sie schon teilgenommen, ist nichts zu tun. Wenn nicht, fragen Sie die Stelle, die Sie eingeladen hat, nach einem neuen Code.",
      ],
      unreachable: [
        "Keine Verbindung",
        "Der Server antwortet nicht. Prüfen Sie Ihr Netz und versuchen Sie es erneut. Doppelt zählt dabei nichts.",
      ],
      rate_limited: [
        "Gerade sind zu viele falsche Codes eingegangen",
        "Prüfen Sie Ihren Code, warten Sie eine Minute und versuchen Sie es erneut.",
      ],
      unavailable: ["Der Dienst macht gerade eine Pause", "Warten Sie einige Minuten und versuchen Sie es erneut."],
      answer_too_long: ["Ihre Antworten sind zu lang", "Kürzen Sie Ihre Texte und senden Sie dann erneut ab."],
      untrusted: [
        "Bitte nehmen Sie nicht teil",
        "Was der Server schickt, passt nicht zusammen. Sagen Sie der Stelle Bescheid, die Sie eingeladen hat.",
      ],
      other: ["Das hat nicht geklappt", "Versuchen Sie es in einigen Minuten erneut."],
      crypto: [
        "Dieser Browser kann nicht verschlüsseln",
        "Öffnen Sie die Seite über https und in einem neueren Browser.",
      ],
    },
  },

  count: {
    receiptLabel: "Quittung",
    receiptHint: "64 Zeichen: 0 bis 9 und a bis f.",
    receiptInvalid: "Das ist keine Quittung. Sie hat 64 Zeichen: 0 bis 9 und a bis f.",
    round: "Runde",
    check: "In der Urne suchen",
    running: "Die Urne wird geladen …",
    found: "Ihre Antwort liegt in der Urne",
    foundText: "Die Quittung steht in der geschlossenen Urne, und deren Prüfsumme stimmt.",
    missing: "Diese Quittung ist nicht in der Urne",
    missingText:
      "Prüfen Sie, ob Runde und Quittung stimmen. Stimmt beides, zeigen Sie Ihre Quittung dem Personalrat: Dann fehlt eine Antwort.",
    notReady: "Die Urne ist noch nicht geschlossen",
    notReadyText: "Prüfen geht erst nach dem Ende der Runde.",
    start: "Urne nachzählen",
    progress: (checked, total) => `${checked} von ${total} Unterschriften geprüft`,
    sound: "Die Urne stimmt",
    soundText: "Jede gezählte Antwort trägt eine gültige Unterschrift, keine zählt doppelt, und die Prüfsumme stimmt.",
    unsound: "Die Urne stimmt nicht",
    unsoundText: "Zeigen Sie diese Seite dem Personalrat und der Stelle für Datenschutz.",
    responses: "Versiegelte Antworten",
    issued: "Eingelöste Einladungscodes",
    roster: "Beschäftigte auf der Liste",
    invalid: "Davon ungültig",
    root: "Prüfsumme der Urne",
    fingerprint: "Fingerabdruck der Runde",
    faults: {
      fingerprint_differs: "Der Fingerabdruck ist nicht der dieser Runde.",
      counts_differ: "Die Zahlen passen nicht zusammen.",
      receipts_unordered: "Die Quittungen sind nicht geordnet oder eine steht doppelt.",
      root_differs: "Die Prüfsumme ist nicht die der Quittungen.",
      credentials_differ: "Die Unterschriften gehören nicht zu den Quittungen.",
      serial_twice: "Eine Unterschrift zählt doppelt.",
      credential_invalid: "Eine Unterschrift ist ungültig.",
    },
  },
};
