/**
 * Simplified Chinese. The terms: payment intent 付款意向, host 托管方, collective 集体, contribution 捐助, contributor 捐助者,
 * grant 资助款, transfer of funds 资金划转, receipt 到账, pause 暂停, write off 核销, tier 档位, purpose 用途.
 */
import type { Catalog } from './catalog.ts';

export const zh: Catalog = {
  locale: 'zh-CN',
  topics: {
    approval_needed: {
      headline: '待审批',
      lead: '{payment}，正在等待您审批。',
      next: {
        payer: '请打开查看，然后批准或拒绝。',
        payer_host: '请打开查看，然后批准或拒绝。',
        payee_host: '请打开查看，然后批准或拒绝。',
      },
    },
    to_send: {
      headline: '待汇出',
      lead: '{payment}，已获批准，可以汇出。',
      next: { payer_host: '请在银行办理转账，然后标记为“已汇出”，并填写日期和参考号。' },
    },
    to_settle: {
      headline: '待结转',
      lead: '{payment}，已获批准。付款方与收款方属于同一托管方，无需银行转账。',
      next: { payer_host: '请打开并办理结转：金额会从一方余额转入另一方余额。' },
    },
    rejected: {
      headline: '已拒绝',
      lead: '{payment}，已被拒绝。没有款项汇出。',
      next: { author: '请查看原因。如仍需付款，请新建付款意向。' },
    },
    canceled: {
      headline: '已取消',
      lead: '{payment}，已取消。没有款项汇出。',
      next: {},
    },
    expired: {
      headline: '已过期',
      lead: '{payment}，未在截止时间前汇出，已过期。没有款项汇出。',
      next: { author: '如仍需付款，请新建付款意向。' },
    },
    money_sent: {
      headline: '到账后待确认',
      lead: '{payment}，已汇出：{moved}正在途中。经您确认到账后才计入余额。',
      next: { payee_host: '款项进入贵方银行账户后，请确认到账；如未到账，请报告“未到账”。' },
    },
    money_received: {
      headline: '已到账',
      lead: '{payment}，已完成：{moved}已到账。',
      next: {},
    },
    received_in_part: {
      headline: '部分到账',
      lead: '{payment}，尚未完成：{moved}已到账，其余尚未到账。',
      next: { payee_host: '其余款项进入贵方银行账户后，请确认到账。' },
    },
    received_before_sent: {
      headline: '已到账但未标记汇出',
      lead: '{payment}：{moved}已到账，但付款方的托管方尚未标记为“已汇出”。',
      next: { payer_host: '请标记为“已汇出”，并填写转账日期和参考号。' },
    },
    accepted_short: {
      headline: '少收结清',
      lead: '{payment}，已结清：少到账{moved}，收款方的托管方已接受。',
      next: {},
    },
    not_received: {
      headline: '未到账',
      lead: '{payment}，已汇出但未全部到账。双方托管方需要查找这笔款项。',
      next: {
        payer_host: '请向银行查询款项去向。如已退回，请标记为“已退回”；如确已汇出，请向对方托管方提供凭证。',
        payee_host: '请再次核对贵方银行账户。如款项已到，请确认到账。',
      },
    },
    late: {
      headline: '逾期未确认',
      lead: '{payment}，已汇出，但尚无人确认全部到账。',
      next: {
        payer_host: '请核实款项已从贵方银行账户汇出。如已退回，请标记为“已退回”。',
        payee_host: '请核对贵方银行账户。如款项已到，请确认到账；如未到，请报告“未到账”。',
      },
    },
    late_before_sent: {
      headline: '逾期未标记汇出',
      lead: '{payment}：款项已到账，但付款方的托管方仍未标记为“已汇出”。',
      next: { payer_host: '请标记为“已汇出”，并填写转账日期和参考号。' },
    },
    returned: {
      headline: '已退回',
      lead: '{payment}，未能到达收款方：{moved}已退回付款方的托管方。',
      next: {
        payer_host: '如仍需付款，请更正银行信息后重新提交。',
        author: '请与收款方核对银行信息是否正确。',
      },
    },
    returned_after_part: {
      headline: '部分退回',
      lead: '{payment}，只有部分到达收款方：{moved}已退回付款方的托管方。',
      next: {},
    },
    write_off_proposed: {
      headline: '核销待决定',
      lead: '{payment}，既未全部到账，也未退回。现提议核销缺少的款项。',
      next: {
        payer_host: '如果不是您提议的，请查看此案。只有确实找不到款项时才同意核销。',
        payee_host: '如果不是您提议的，请查看此案。只有确实找不到款项时才同意核销。',
      },
    },
    written_off: {
      headline: '已核销',
      lead: '{payment}，已结清：未到账的款项已作为损失核销。',
      next: {},
    },
    sent_back: {
      headline: '已退还',
      lead: '{payment}，此前已到账：其中{moved}已退还并到达。',
      next: {},
    },
    charge_failed: {
      headline: '扣款失败，将再次尝试',
      lead: '{payment}，本次未能扣款，系统会自动再次尝试。',
      next: { giver: '请检查您的付款方式。如已失效，请更换付款方式。' },
    },
    contribution_set_aside: {
      headline: '遇到问题，已搁置',
      lead: '{payment}，遇到问题，已搁置，有人重新启用后才会继续。',
      next: {
        host: '请查看原因。问题解决后，请重新启用这笔捐助。',
        giver: '请更换付款方式，或取消这笔捐助。',
      },
    },
    contribution_canceled: {
      headline: '不再继续',
      lead: '{payment}，已取消，不再扣款。',
      next: {},
    },
    period_unconfirmed: {
      headline: '预期转账未确认',
      lead: '{payment}，应以银行转账支付，但尚无人确认到账。',
      next: { host: '请核对贵方银行账户。如款项已到，请确认；如未到，请询问捐助者。' },
    },
    paused: {
      headline: '已暂停',
      lead: '{owner}已暂停：{held}。',
      next: {},
    },
    paused_for_papers: {
      headline: '已暂停，待补齐资料',
      lead: '{owner}需要先收到资料，因此已暂停：{held}。',
      next: { collective: '请向托管方提供其所需的资料，之后由托管方解除暂停。' },
    },
    paused_and_ending: {
      headline: '永久终止',
      lead: '{owner}已终止：{held}。不再扣款。',
      next: {},
    },
    resumed: {
      headline: '暂停已解除',
      lead: '{owner}的暂停已解除：{held}。',
      next: {},
    },
    resumed_but_held: {
      headline: '一项暂停已解除，另有暂停仍有效',
      lead: '{owner}的暂停已解除，但另有暂停仍有效：{held}。',
      next: {},
    },
    pause_reminder: {
      headline: '仍在暂停',
      lead: '{owner}的暂停仍有效：{held}。',
      next: { host: '如暂停的原因已消除，请解除暂停；否则可以继续，系统会再次提醒。' },
    },
  },

  types: {
    expense: {
      short: '支出{amount}',
      long: '支出款{amount}',
      nature: '这是{payer}支付的一笔支出，不是资助款。',
    },
    reimbursement: {
      short: '报销{amount}',
      long: '报销款{amount}',
      nature: '这是报销：{payer}偿还收款方垫付的费用。不是资助款，也不是劳务报酬。',
    },
    invoice: {
      short: '发票付款{amount}',
      long: '发票付款{amount}',
      nature: '这是{payer}按发票支付的款项，不是资助款。',
    },
    grant: {
      short: '资助款{amount}（资金划转）',
      long: '资助款{amount}（资金划转）',
      nature: '这是资金划转：来自{payer}的资助款，不是劳务报酬。',
    },
    contribution: {
      short: '捐助（{amount}，资金划转）',
      long: '捐助（{amount}，资金划转）',
      nature: '这是资金划转：来自{payer}的捐助，不是劳务报酬。',
    },
    transfer: {
      short: '资金划转{amount}',
      long: '资金划转{amount}',
      nature: '这是来自{payer}的资金划转，不是劳务报酬。',
    },
    added_funds: {
      short: '追加资金{amount}（资金划转）',
      long: '追加资金{amount}（资金划转）',
      nature: '这是来自{payer}的资金划转，计入余额，不是劳务报酬。',
    },
    settlement: {
      short: '结算款{amount}',
      long: '结算款{amount}',
      nature: '这是结算：{payer}支付其欠收款方的款项，不是资助款。',
    },
    compensation: {
      short: '更正款{amount}',
      long: '更正款{amount}',
      nature: '这是{payer}对先前付款的更正，不是资助款，也不是劳务报酬。',
    },
    split: {
      short: '分配款{amount}（资金划转）',
      long: '分配款{amount}（资金划转）',
      nature: '这是资金划转：一笔为多个收款方收到的款项中的一份，来自{payer}。',
    },
  },

  party: { short: '{name}（{host}）', long: '{name}（托管方：{host}）', hostItself: '{name}（托管方）' },
  payment: {
    short: '{type}，由{payer}付给{payee}{purpose}',
    long: '{type}，由{payer}付给{payee}{purpose}',
  },
  forPurpose: '，用途“{purpose}”',
  forTier: '，档位“{tier}”',
  intervals: { once: '一次性{amount}', month: '每月{amount}', year: '每年{amount}' },

  held: {
    recurring_in: '对{account}的所有定期捐助',
    new_in: '对{account}的新捐助',
    out: '{account}的对外付款',
    full: '{account}的所有收款和付款',
    own: '捐助（{amount}，资金划转），由{payer}付给{account}',
    chosen: { one: '对{account}的{count}笔选定捐助', other: '对{account}的{count}笔选定捐助' },
  },
  levels: {
    recurring_in: '定期捐助不扣款，也不能新建定期捐助。仍可进行一次性捐助。',
    new_in: '不能新建捐助。已有的捐助照常进行。',
    out: '余额不对外付款。捐助照常收取。',
    full: '不收取捐助，余额也不对外付款。',
    chosen: '选定的捐助不扣款，其他捐助照常进行。',
  },
  owners: { host: '托管方', collective: '集体', contributor: '捐助者', platform: '平台' },
  holdReasons: {
    information_needed: '需要补充信息。',
    paperwork: '手续文件不齐全。',
    unhosting: '集体将离开其托管方。',
    other: '其他原因。',
  },
  missedPeriods: {
    skip: '暂停期间错过的捐助，之后不再补扣。',
    collect_once: '暂停解除后，对暂停期间错过的捐助一次性补扣一笔。',
    canceled: '这些捐助将被取消。如需继续捐助，请新建捐助。',
  },

  doers: {
    payer_host: '付款方的托管方',
    payee_host: '收款方的托管方',
    payer: '付款方',
    payee: '收款方',
    author: '付款意向的创建人',
    host: '托管方',
    collective: '集体',
    giver: '捐助者',
    platform: '平台',
    processor: '支付机构',
    clock: '系统自动',
  },
  because: {
    payer_host: '您收到此通知，是因为您为付款方的托管方工作。',
    payee_host: '您收到此通知，是因为您为收款方的托管方工作。',
    payer: '您收到此通知，是因为您代表付款方。',
    payee: '您收到此通知，是因为您代表收款方。',
    author: '您收到此通知，是因为您创建了这项付款意向。',
    host: '您收到此通知，是因为您为托管方工作。',
    collective: '您收到此通知，是因为您代表该集体。',
    giver: '您收到此通知，是因为您是这笔捐助的捐助者，或代表捐助者。',
    givers: '您收到此通知，是因为您向该集体捐助，或代表捐助者。',
  },

  labels: {
    payer: '付款方',
    payee: '收款方',
    account: '账户',
    amount: '金额',
    sent: '已汇出',
    arrived: '已到账',
    short: '少到账',
    cameBack: '已退回',
    sentBack: '已退还',
    open: '尚未到账',
    lost: '途中损失',
    bearer: '承担方',
    nature: '款项性质',
    purpose: '用途',
    tier: '档位',
    step: '审批步骤',
    deadline: '截止时间',
    sentOn: '汇出日期',
    arrivedOn: '到账日期',
    cameBackOn: '退回日期',
    reference: '参考号',
    reason: '原因',
    period: '周期起始日',
    retryAt: '下次尝试',
    pausedBy: '暂停方',
    stillHeldBy: '仍在暂停的一方',
    why: '暂停原因',
    from: '暂停开始',
    until: '暂停截止',
    meaning: '暂停内容',
    missed: '之后',
    by: '操作方',
  },
  open: { intent: '打开付款意向', contribution: '打开捐助', hold: '打开暂停' },
  subject: '{headline}：{what}',
  firstLine: '{lead}下一步：{next}',
  waiting: '{lead}自{since}以来尚无人处理。',
  waitingHeadline: '仍未处理 – {headline}',
  nothingToDo: '无需操作，仅供知悉。',
  step: '{name}（第{number}步，共{of}步）',
  instant: '{date} {time}（{zone}）',
  listSeparator: '、',
  labelSeparator: '：',
  messageFrom: '{owner}的留言：',
  forRecipient: '致{name}。{because}',
  settings: '设置通知',
  digest: {
    subject: '您的汇总：{toDo}，{toKnow}',
    toDo: { one: '{count}项待办', other: '{count}项待办' },
    toKnow: { one: '{count}项仅供知悉', other: '{count}项仅供知悉' },
    more: { one: '收件箱中还有{count}项。', other: '收件箱中还有{count}项。' },
  },
};
