/**
 * One small handbook and its questions in eight languages, written by hand: thirteen things, four facts of each, three ways to ask.
 * `{}` is the thing as it stands in the text, `{2}` as it stands in a question where the language bends its nouns.
 */
import type { Probe, ProbeSet, Section } from '../../src/domain/probe.ts';
import { probe } from './support.ts';

interface Handbook {
  /** Each with its other form after a slash, where there is one. */
  readonly things: string;
  /** A text and three questions. */
  readonly facts: readonly (readonly [text: string, ...questions: string[]])[];
  readonly refusal: string;
  readonly answer: string;
}

export const HANDBOOKS: Readonly<Record<string, Handbook>> = {
  en: {
    things:
      'archive,invoice,contract,warehouse,vehicle,password,backup,calendar,printer,elevator,heating,holiday,badge',
    facts: [
      [
        'The {} is checked every week, on Monday at six, by the administration; if the check is missing the system locks the access.',
        'How often is the {} checked?',
        'On which day does the administration check the {}?',
        'When does the check of the {} take place?',
      ],
      [
        'The department on the third floor is responsible for the {}; it answers the phone between nine and twelve.',
        'Who is responsible for the {}?',
        'Which department looks after the {}?',
        'On which floor is the department responsible for the {}?',
      ],
      [
        'The {} costs forty euros a month, payable in advance to the account of the head office; refunds take ten days.',
        'What does the {} cost a month?',
        'To which account are the costs of the {} payable?',
        'How many days do refunds for the {} take?',
      ],
      [
        'Data of the {} may be deleted after seven years only; before that the law demands that the records are kept.',
        'After how many years may data of the {} be deleted?',
        'How long does the law demand that records of the {} are kept?',
        'When may the data of the {} be deleted?',
      ],
    ],
    refusal: 'I do not have enough information to answer this.',
    answer: 'There is no information lost when the system locks the access.',
  },
  de: {
    things:
      'Archiv,Rechnung,Vertrag,Lager,Fahrzeug,Passwort,Sicherung,Kalender,Drucker,Aufzug,Heizung,Urlaub,Ausweis',
    facts: [
      [
        'Jede Woche am Montag um sechs Uhr prüft die Verwaltung: {}. Fehlt die Prüfung, sperrt das System den Zugang.',
        'Wie oft wird {} geprüft?',
        'An welchem Wochentag prüft die Verwaltung {}?',
        'Wann findet die Prüfung statt: {}?',
      ],
      [
        'Für {} ist die Abteilung im dritten Stock zuständig; sie ist zwischen neun und zwölf Uhr telefonisch erreichbar.',
        'Wer ist für {} zuständig?',
        'Welche Abteilung betreut {}?',
        'In welchem Stock sitzt die Abteilung, die für {} zuständig ist?',
      ],
      [
        '{} kostet vierzig Euro im Monat, zahlbar im Voraus auf das Konto der Zentrale; Erstattungen dauern zehn Tage.',
        'Was kostet {} im Monat?',
        'Auf welches Konto sind die Kosten für {} zahlbar?',
        'Wie viele Tage dauern Erstattungen für {}?',
      ],
      [
        'Daten zu {} dürfen erst nach sieben Jahren gelöscht werden; davor verlangt das Gesetz die Aufbewahrung der Unterlagen.',
        'Nach wie vielen Jahren dürfen Daten zu {} gelöscht werden?',
        'Wie lange verlangt das Gesetz die Aufbewahrung von {}?',
        'Wann dürfen die Daten zu {} gelöscht werden?',
      ],
    ],
    refusal: 'Das weiß ich leider nicht.',
    answer: 'Die Schnittstelle speichert keine Informationen über Nutzer.',
  },
  fr: {
    things:
      'archive,facture,contrat,entrepôt,véhicule,passe,sauvegarde,calendrier,imprimante,ascenseur,chauffage,vacances,badge',
    facts: [
      [
        'Chaque semaine, le lundi à six heures, l’administration contrôle : {}. Si le contrôle manque, le système bloque l’accès.',
        'À quelle fréquence contrôle-t-on : {} ?',
        'Quel jour l’administration contrôle-t-elle : {} ?',
        'Quand a lieu le contrôle : {} ?',
      ],
      [
        'Le service du troisième étage est responsable : {}. Il répond au téléphone entre neuf heures et midi.',
        'Qui est responsable : {} ?',
        'Quel service s’occupe de cela : {} ?',
        'À quel étage se trouve le service responsable : {} ?',
      ],
      [
        'Prix par mois : quarante euros ({}), payables d’avance sur le compte du siège ; les remboursements prennent dix jours.',
        'Quel est le prix par mois : {} ?',
        'Sur quel compte est-ce payable : {} ?',
        'Combien de jours prennent les remboursements : {} ?',
      ],
      [
        'Les données ({}) ne peuvent être supprimées qu’après sept ans ; avant, la loi exige la conservation des dossiers.',
        'Après combien d’années peut-on supprimer les données : {} ?',
        'Combien de temps la loi exige-t-elle la conservation : {} ?',
        'Quand les données peuvent-elles être supprimées : {} ?',
      ],
    ],
    refusal: 'Je ne sais pas.',
    answer: 'Le système ne bloque pas l’accès sans contrôle.',
  },
  es: {
    things:
      'archivo,factura,contrato,almacén,vehículo,contraseña,copia,calendario,impresora,ascensor,calefacción,vacaciones,credencial',
    facts: [
      [
        'Cada semana, el lunes a las seis, la administración revisa: {}. Si falta la revisión, el sistema bloquea el acceso.',
        '¿Con qué frecuencia se revisa: {}?',
        '¿Qué día revisa la administración: {}?',
        '¿Cuándo se hace la revisión: {}?',
      ],
      [
        'El departamento del tercer piso es responsable: {}. Atiende por teléfono entre las nueve y las doce.',
        '¿Quién es responsable: {}?',
        '¿Qué departamento atiende: {}?',
        '¿En qué piso está el departamento responsable: {}?',
      ],
      [
        'Precio al mes: cuarenta euros ({}), a pagar por adelantado en la cuenta de la central; las devoluciones tardan diez días.',
        '¿Qué precio tiene al mes: {}?',
        '¿En qué cuenta se ha de pagar: {}?',
        '¿Cuántos días tardan las devoluciones: {}?',
      ],
      [
        'Los datos ({}) solo se pueden borrar después de siete años; antes, la ley exige conservar los registros.',
        '¿Después de cuántos años se pueden borrar los datos: {}?',
        '¿Cuánto tiempo exige la ley conservar los registros: {}?',
        '¿Cuándo se pueden borrar los datos: {}?',
      ],
    ],
    refusal: 'Lo siento, no tengo información sobre eso.',
    answer: 'No hay que pagar por adelantado.',
  },
  pl: {
    things:
      'archiwum/archiwum,faktura/faktury,umowa/umowy,magazyn/magazynu,pojazd/pojazdu,hasło/hasła,kopia/kopii,kalendarz/kalendarza,drukarka/drukarki,winda/windy,ogrzewanie/ogrzewania,urlop/urlopu,przepustka/przepustki',
    facts: [
      [
        'Co tydzień, w poniedziałek o szóstej, administracja sprawdza: {}. Gdy brakuje kontroli, system blokuje dostęp.',
        'Jak często administracja sprawdza: {}?',
        'W jaki dzień odbywa się kontrola {2}?',
        'Kiedy administracja robi kontrolę {2}?',
      ],
      [
        'Za to odpowiada dział na trzecim piętrze: {}. Odbiera telefon między dziewiątą a dwunastą.',
        'Kto odpowiada za to: {}?',
        'Jaki dział odpowiada w sprawie {2}?',
        'Na którym piętrze jest dział do spraw {2}?',
      ],
      [
        'Cena na miesiąc: czterdzieści euro ({}), płatne z góry na konto centrali; zwroty trwają dziesięć dni.',
        'Jaka jest cena na miesiąc: {}?',
        'Na które konto płatna jest cena {2}?',
        'Ile dni trwają zwroty za to: {}?',
      ],
      [
        'Dane ({}) wolno usunąć dopiero po siedmiu latach; wcześniej prawo wymaga przechowywania dokumentów.',
        'Po ilu latach wolno usunąć dane {2}?',
        'Jak długo prawo wymaga przechowywania: {}?',
        'Kiedy wolno usunąć dane: {}?',
      ],
    ],
    refusal: 'Niestety nie mam informacji na ten temat.',
    answer: 'Nie wolno usunąć danych wcześniej.',
  },
  ja: {
    things: '書庫,請求書,契約書,倉庫,車両,暗証番号,予備データ,予定表,印刷機,昇降機,暖房,休暇,入館証',
    facts: [
      [
        '{}は毎週月曜日の午前六時に管理部が点検する。点検がない場合、システムは利用を停止する。',
        '{}はどのくらいの頻度で点検されますか。',
        '管理部が{}を点検するのは何曜日ですか。',
        '{}の点検はいつ行われますか。',
      ],
      [
        '{}は三階の部署が担当する。電話の受付は九時から十二時までである。',
        '{}の担当は誰ですか。',
        'どの部署が{}を担当していますか。',
        '{}を担当する部署は何階にありますか。',
      ],
      [
        '{}の料金は月額四十ユーロで、本社の口座に前払いする。返金には十日かかる。',
        '{}の月額料金はいくらですか。',
        '{}の料金はどの口座に払いますか。',
        '{}の返金には何日かかりますか。',
      ],
      [
        '{}のデータは七年後にはじめて削除できる。それまでは法律により記録の保管が必要である。',
        '{}のデータは何年後に削除できますか。',
        '法律では{}の記録をいつまで保管する必要がありますか。',
        '{}のデータはいつ削除できますか。',
      ],
    ],
    refusal: '申し訳ありませんが、提供された資料には記載がありません。',
    answer: '請求書の情報はありませんが、口座は本社のものです。',
  },
  zh: {
    things: '档案室,发票,合同,仓库,车辆,密码,备份,日历,打印机,电梯,暖气,假期,门禁卡',
    facts: [
      [
        '管理部门每周一早上六点检查{}。如果没有检查,系统会锁定访问权限。',
        '{}多久检查一次?',
        '管理部门星期几检查{}?',
        '{}的检查什么时候进行?',
      ],
      [
        '{}由三楼的部门负责,电话接听时间是九点到十二点。',
        '谁负责{}?',
        '哪个部门负责{}?',
        '负责{}的部门在几楼?',
      ],
      [
        '{}每月费用为四十欧元,须预先支付到总部账户,退款需要十天。',
        '{}每月费用是多少?',
        '{}的费用支付到哪个账户?',
        '{}退款需要几天?',
      ],
      [
        '{}的数据七年以后才能删除,在此之前法律要求保存记录。',
        '{}的数据几年以后才能删除?',
        '法律要求{}的记录保存多长时间?',
        '{}的数据什么时候能删除?',
      ],
    ],
    refusal: '抱歉,根据提供的资料无法回答这个问题。',
    answer: '没有检查时,系统会锁定访问权限。',
  },
  ar: {
    things:
      'الأرشيف,الفاتورة,العقد,المستودع,المركبة,الرمز,النسخة,التقويم,الطابعة,المصعد,التدفئة,الإجازة,البطاقة',
    facts: [
      [
        'تفحص الإدارة {} كل أسبوع يوم الاثنين في السادسة صباحًا، وإذا غاب الفحص أغلق النظام الدخول.',
        'كم مرة تفحص الإدارة {}؟',
        'في أي يوم تفحص الإدارة {}؟',
        'متى يتم فحص {}؟',
      ],
      [
        'القسم في الطابق الثالث مسؤول عن {}، ويرد على الهاتف بين التاسعة والثانية عشرة.',
        'من المسؤول عن {}؟',
        'أي قسم مسؤول عن {}؟',
        'في أي طابق القسم المسؤول عن {}؟',
      ],
      [
        'تكلفة {} أربعون يورو في الشهر، تدفع مقدمًا إلى حساب المركز، ويستغرق رد المبلغ عشرة أيام.',
        'كم تكلفة {} في الشهر؟',
        'إلى أي حساب تدفع تكلفة {}؟',
        'كم يومًا يستغرق رد مبلغ {}؟',
      ],
      [
        'لا تحذف بيانات {} إلا بعد سبع سنوات، وقبل ذلك يوجب القانون حفظ السجلات.',
        'بعد كم سنة تحذف بيانات {}؟',
        'كم من الوقت يوجب القانون حفظ سجلات {}؟',
        'متى تحذف بيانات {}؟',
      ],
    ],
    refusal: 'عذرًا، لا أستطيع الإجابة عن هذا السؤال.',
    answer: 'لا تحذف البيانات قبل سبع سنوات.',
  },
};

/** Sections and questions of a handbook; a fact is a topic. */
export function handbookSet(language: string): ProbeSet {
  const { things = '', facts = [] } = HANDBOOKS[language] ?? {};
  const sections: Section[] = [];
  const probes: Probe[] = [];
  for (const [f, [text, ...questions]] of facts.entries()) {
    for (const [t, thing] of things.split(',').entries()) {
      const [plain = '', bent = plain] = thing.split('/');
      const filled = (pattern: string): string => pattern.replaceAll('{}', plain).replaceAll('{2}', bent);
      const [id, topic] = [`fact-${f}-${t}`, `fact-${f}`];
      const section_id = `section-${id}`;
      sections.push({
        section_id,
        doc_id: topic,
        title: '',
        source_url: '',
        text: filled(text),
        rev: '1',
        topic,
      });
      const paraphrases = questions.map(filled);
      probes.push(
        probe(id, { topic, question: paraphrases[0] ?? '', paraphrases, targets: [{ section_id }] }),
      );
    }
  }
  return {
    name: language,
    version: '1',
    digest: language.padEnd(64, '0'),
    corpusHash: language.padEnd(64, '1'),
    probes,
    sections: new Map(sections.map((one) => [one.section_id, one])),
  };
}
