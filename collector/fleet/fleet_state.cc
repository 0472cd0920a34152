#include "collector/fleet/fleet_state.h"

#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "common/base/bytes.h"
#include "common/base/status.h"
#include "common/judge/judge.h"

namespace kortvakt {
namespace {

// How much of a card a reader tells.
int TellingOf(const CardFacts& card) { return WasRead(card) ? 2 : TellsContents(card) ? 1 : 0; }

// Design, section 5: sites beyond count as "other".
constexpr size_t kMaxSites = 60;
// Agent versions in use at a time are few; a hostile agent could send any.
constexpr size_t kMaxAgentLabels = 50;
constexpr size_t kMaxLabelBytes = 32;
constexpr size_t kMaxHistory = 10'000;
// A person has a few cards in use at a time. Further ones are kept, but neither
// replace others nor are replaced by them: what a report costs must not grow with
// the reports before it.
constexpr size_t kMaxHolderCards = 64;

std::string KeyOf(const std::string& workstation_id, const ReaderFacts& reader) {
  return reader.card->id.empty() ? absl::StrCat(workstation_id, "/", reader.name) : reader.card->id;
}

std::string AgentLabel(const VersionFacts& versions) {
  return absl::StrCat(CleanText(versions.agent, kMaxLabelBytes), "\n",
                      CleanText(versions.os, kMaxLabelBytes));
}

// Verdicts hold to the second: what is due within this one waits for the next, so
// that judging always ends.
absl::Time NextSecond(absl::Time now) { return absl::FromUnixSeconds(absl::ToUnixSeconds(now) + 1); }

}  // namespace

FleetState::FleetState(Judgement judgement, SiteRules sites)
    : judgement_(std::make_shared<const Judgement>(std::move(judgement))),
      required_cas_(RequiredCas(judgement_->policy, *judgement_->catalogue)),
      site_rules_(std::move(sites)),
      site_cap_(kMaxSites),
      agent_cap_(kMaxAgentLabels) {}

void FleetState::SetDue(Kind kind, const std::string& key, absl::Time& current, absl::Time due) {
  due_.erase({current, {kind, key}});
  current = due;
  if (due != absl::InfiniteFuture()) due_.insert({due, {kind, key}});
}

void FleetState::Note(absl::Time at, const WorkstationRecord& workstation, const char* kind,
                      std::string subject) {
  if (restoring_) return;
  history_.push_back({at, workstation.id, workstation.site, kind, std::move(subject)});
  if (history_.size() > kMaxHistory) history_.pop_front();
}

void FleetState::Describe(WorkstationRecord& workstation, const Snapshot& snapshot) {
  workstation.host_name = snapshot.workstation.host_name;
  workstation.agent_version = snapshot.versions.agent;
  workstation.os = snapshot.versions.os;
  workstation.os_version = snapshot.versions.os_version;
  workstation.readers_ok = workstation.readers_error = 0;
  for (const ReaderFacts& reader : snapshot.readers) {
    ++(reader.state == ReaderState::kOk ? workstation.readers_ok : workstation.readers_error);
  }
  const std::string label = AgentLabel(snapshot.versions);
  if (label != workstation.agent_label) {
    agent_cap_.Release(workstation.agent_label);
    workstation.agent_label = agent_cap_.Acquire(label);
  }
  const std::string site = SiteOf(site_rules_, snapshot.workstation.host_name, snapshot.workstation.site);
  if (site == workstation.claimed_site) return;
  workstation.claimed_site = site;
  SetSite(workstation, site);
}

void FleetState::SetSite(WorkstationRecord& workstation, const std::string& site) {
  site_cap_.Release(workstation.site);
  workstation.site = site_cap_.Acquire(site);
  for (const std::string& key : workstation.seen_last) {
    CardRecord& card = cards_.at(key);
    if (!restoring_) tally_.Remove(card);
    card.site = workstation.site;
    if (!restoring_) tally_.Add(card);
  }
}

void FleetState::UseFreeSites() {
  for (auto& [id, workstation] : workstations_) {
    if (site_cap_.full()) return;
    if (workstation.site != kOtherLabel || workstation.claimed_site == kOtherLabel) continue;
    tally_.Remove(workstation);
    SetSite(workstation, workstation.claimed_site);
    tally_.Add(workstation);
  }
}

void FleetState::SetState(WorkstationRecord& workstation, absl::Time now) {
  const bool was_silent = workstation.state.state == WorkstationState::kSilent;
  workstation.state = EvaluateState(workstation.last_report, judgement_->policy, now);
  const bool silent = workstation.state.state == WorkstationState::kSilent;
  if (was_silent == silent) return;
  Note(now, workstation, silent ? "finding_opened" : "finding_closed",
       InfoOf(FindingCode::kWorkstationSilent).word);
}

void FleetState::JudgeWorkstation(WorkstationRecord& workstation, const Snapshot& snapshot, absl::Time now) {
  const std::vector<WorkstationVerdict::Code> before = workstation.verdict.findings;
  Snapshot measured = snapshot;
  // What the collector measured at the last report is newer than what the agent
  // knew when it took the snapshot.
  measured.clock.offset_to_collector = workstation.clock_offset;
  workstation.verdict = EvaluateWorkstation(measured, *judgement_, now, *this);
  workstation.verdict.next_change = std::max(workstation.verdict.next_change, NextSecond(now));
  const auto has = [](const std::vector<WorkstationVerdict::Code>& codes, FindingCode code) {
    return std::any_of(codes.begin(), codes.end(), [code](const auto& one) { return one.code == code; });
  };
  const auto note_new = [&](const char* kind, const std::vector<WorkstationVerdict::Code>& codes,
                            const std::vector<WorkstationVerdict::Code>& others) {
    for (const auto& [code, severity] : codes) {
      if (!FollowsCards(code) && !has(others, code)) Note(now, workstation, kind, InfoOf(code).word);
    }
  };
  note_new("finding_opened", workstation.verdict.findings, before);
  note_new("finding_closed", before, workstation.verdict.findings);
}

void FleetState::RestoreCard(const RestoredCard& stored, absl::Time now) {
  restoring_ = true;
  if (stored.snapshot.readers.empty() || !stored.snapshot.readers.front().card) return;
  CardRecord& card = cards_[stored.card_id];
  card.key = card.card_id = stored.card_id;
  card.workstation_id = stored.workstation_id;
  card.last_seen = DayOf(stored.last_seen);
  card.due = absl::InfiniteFuture();
  FillCard(card, stored.snapshot, now);
}

void FleetState::RestoreWorkstation(const RestoredWorkstation& stored, absl::Time now) {
  restoring_ = true;
  WorkstationRecord& workstation = workstations_[stored.id];
  workstation.id = stored.id;
  workstation.due = absl::InfiniteFuture();
  workstation.digest = stored.digest;
  workstation.last_report = stored.last_report;
  workstation.clock_offset = stored.clock_offset;
  Describe(workstation, stored.snapshot);
  SetState(workstation, now);
  for (size_t i = 0; i < stored.snapshot.readers.size(); ++i) {
    const ReaderFacts& reader = stored.snapshot.readers[i];
    if (!reader.card) continue;
    const std::string key = KeyOf(stored.id, reader);
    if (std::find(workstation.present.begin(), workstation.present.end(), key) != workstation.present.end())
      continue;
    const bool lost = !reader.card->id.empty() && !cards_.contains(key);
    // Its own record was not readable: asking for everything writes it again.
    if (lost) workstation.digest.clear();
    if (lost || reader.card->id.empty()) PlaceCard(workstation, stored.snapshot, i, key, stored.last_report);
    cards_.at(key).present_at.insert(stored.id);
    workstation.present.push_back(key);
  }
  JudgeWorkstation(workstation, stored.snapshot, now);
  SetDue(Kind::kWorkstation, workstation.id, workstation.due,
         std::min(workstation.verdict.next_change, workstation.state.next_change));
}

void FleetState::FinishRestore() {
  for (auto& [key, card] : cards_) {
    const auto workstation = workstations_.find(card.workstation_id);
    card.site = workstation == workstations_.end() ? "unknown" : workstation->second.site;
    if (workstation != workstations_.end()) workstation->second.seen_last.insert(key);
    // Those asked to be judged again have a holder whose later card was restored after them.
    card.settled = card.due != absl::InfinitePast();
    tally_.Add(card);
  }
  for (const auto& [id, workstation] : workstations_) tally_.Add(workstation);
  restoring_ = false;
  ++revision_;
}

void FleetState::MoveCard(CardRecord& card, WorkstationRecord& workstation) {
  if (const auto before = workstations_.find(card.workstation_id); before != workstations_.end()) {
    before->second.seen_last.erase(card.key);
  }
  card.workstation_id = workstation.id;
  card.site = workstation.site;
  workstation.seen_last.insert(card.key);
}

void FleetState::FillCard(CardRecord& card, const Snapshot& card_snapshot, absl::Time now) {
  const CardFacts& facts = *card_snapshot.readers.front().card;
  const bool new_holder = facts.holder_hsa_id != card.holder_hsa_id;
  if (new_holder) {
    if (const auto holder = holders_.find(card.holder_hsa_id); holder != holders_.end()) {
      AskHoldersOthers(card);
      holder->second.erase(card.key);
      if (holder->second.empty()) holders_.erase(holder);
    }
    card.holder_hsa_id = facts.holder_hsa_id;
    if (!card.holder_hsa_id.empty()) {
      std::set<std::string>& cards = holders_[card.holder_hsa_id];
      if (cards.size() < kMaxHolderCards) cards.insert(card.key);
    }
  }
  card.card_number = facts.card_number;
  card.family = facts.family;
  card.state = facts.state;
  card.certificate_count = static_cast<uint32_t>(facts.certificates.size());
  // Out of the way: a card without an id would be compared with what was in its
  // reader before.
  const std::vector<HeldCertificate> held = std::move(card.verdict.held);
  card.verdict.held.clear();
  CardVerdict verdict = EvaluateCard(card_snapshot, *judgement_, card.last_seen, now, *this);
  verdict.next_change = std::max(verdict.next_change, NextSecond(now));
  const bool held_changed = verdict.held != held;
  const std::vector<CardRenewal> renewals = std::move(card.verdict.renewals);
  card.verdict = std::move(verdict);
  SetDue(Kind::kCard, card.key, card.due, card.verdict.next_change);
  if (held_changed || new_holder) AskHoldersOthers(card);

  const bool news = std::exchange(card.settled, true);
  const auto workstation = workstations_.find(card.workstation_id);
  if (!news || workstation == workstations_.end() || card.card_id.empty()) return;
  for (const CardRenewal& old : renewals) {
    const bool stays = std::any_of(card.verdict.renewals.begin(), card.verdict.renewals.end(),
                                   [&old](const CardRenewal& one) { return one.sha256 == old.sha256; });
    if (!stays && HolderHasLater(card, old))
      Note(now, workstation->second, "certificate_replaced", card.card_id);
  }
}

bool FleetState::HolderHasLater(const CardRecord& card, const CardRenewal& renewal) const {
  const auto later = [&renewal](const CardRecord& one) {
    return std::any_of(
        one.verdict.held.begin(), one.verdict.held.end(), [&renewal](const HeldCertificate& held) {
          return held.purpose == Purpose::kAuthentication && held.organisation == renewal.organisation &&
                 held.not_after > renewal.not_after;
        });
  };
  if (later(card)) return true;
  const auto holder = holders_.find(card.holder_hsa_id);
  if (holder == holders_.end()) return false;
  return std::any_of(holder->second.begin(), holder->second.end(),
                     [&](const std::string& key) { return later(cards_.at(key)); });
}

void FleetState::AskHoldersOthers(const CardRecord& card) {
  const auto holder = holders_.find(card.holder_hsa_id);
  if (holder == holders_.end()) return;
  for (const std::string& key : holder->second) {
    if (key == card.key) continue;
    CardRecord& other = cards_.at(key);
    other.verdict.next_change = absl::InfinitePast();
    SetDue(Kind::kCard, key, other.due, absl::InfinitePast());
    for (const std::string& id : other.present_at) {
      const auto workstation = workstations_.find(id);
      if (workstation == workstations_.end()) continue;
      workstation->second.verdict.next_change = absl::InfinitePast();
      SetDue(Kind::kWorkstation, id, workstation->second.due, absl::InfinitePast());
    }
  }
}

void FleetState::PlaceCard(WorkstationRecord& workstation, const Snapshot& snapshot, size_t reader,
                           const std::string& key, absl::Time now) {
  const CardFacts& facts = *snapshot.readers[reader].card;
  const auto [place, fresh] = cards_.try_emplace(key);
  CardRecord& card = place->second;
  if (fresh) {
    card.key = key;
    card.card_id = facts.id;
    if (facts.id.empty()) card.reader = snapshot.readers[reader].name;
    card.due = absl::InfiniteFuture();
    card.last_seen = DayOf(now);
  } else if (!restoring_) {
    tally_.Remove(card);
  }
  ++card.sightings;
  card.last_seen = std::max(card.last_seen, DayOf(now));
  card.present_at.insert(workstation.id);
  MoveCard(card, workstation);
  if (fresh || facts.id.empty() || TellsContents(facts)) {
    FillCard(card, CardSnapshotOf(snapshot, reader), now);
  } else {
    // Seen today, so not idle: the verdict is made again from what is stored.
    card.verdict.next_change = absl::InfinitePast();
    SetDue(Kind::kCard, key, card.due, absl::InfinitePast());
  }
  if (!restoring_) tally_.Add(card);
}

void FleetState::PlaceCards(WorkstationRecord& workstation, const Snapshot& snapshot, absl::Time now) {
  std::vector<std::string> present;
  std::map<std::string, int> best;  // of the readers so far, by card
  for (size_t i = 0; i < snapshot.readers.size(); ++i) {
    const ReaderFacts& reader = snapshot.readers[i];
    if (!reader.card) continue;
    std::string key = KeyOf(workstation.id, reader);
    // One card in two readers (a contactless twin): the one that was read counts.
    const bool twin = std::find(present.begin(), present.end(), key) != present.end();
    if (twin && (best.at(key) >= TellingOf(*reader.card))) continue;
    best[key] = TellingOf(*reader.card);
    PlaceCard(workstation, snapshot, i, key, now);
    if (!twin) present.push_back(std::move(key));
  }
  for (const std::string& key : workstation.present) {
    const auto card = cards_.find(key);
    if (card == cards_.end() || std::find(present.begin(), present.end(), key) != present.end()) continue;
    card->second.present_at.erase(workstation.id);
    if (card->second.card_id.empty()) RemoveCard(key);
  }
  workstation.present = std::move(present);
  EvictCards(workstation);
}

void FleetState::ApplyReport(const std::string& workstation_id, const Snapshot& snapshot,
                             const std::string& digest, absl::Time received_at, absl::Duration clock_offset) {
  const auto [place, fresh] = workstations_.try_emplace(workstation_id);
  WorkstationRecord& workstation = place->second;
  if (fresh) {
    workstation.id = workstation_id;
    workstation.last_report = received_at;
    workstation.due = absl::InfiniteFuture();
  } else {
    tally_.Remove(workstation);
  }
  ++workstation.reports;
  workstation.digest = digest;
  workstation.last_report = std::max(workstation.last_report, received_at);
  workstation.clock_offset = clock_offset;
  Describe(workstation, snapshot);
  SetState(workstation, received_at);
  PlaceCards(workstation, snapshot, received_at);
  JudgeWorkstation(workstation, snapshot, received_at);
  SetDue(Kind::kWorkstation, workstation_id, workstation.due,
         std::min(workstation.verdict.next_change, workstation.state.next_change));
  tally_.Add(workstation);
  if (site_cap_.overflows() > 0) UseFreeSites();
  ++revision_;
}

UnchangedOutcome FleetState::ApplyUnchanged(const std::string& workstation_id, const std::string& digest,
                                            absl::Time received_at, absl::Duration clock_offset) {
  UnchangedOutcome outcome;
  const auto place = workstations_.find(workstation_id);
  if (digest.empty() || place == workstations_.end() || place->second.digest != digest) return outcome;
  outcome.known = true;
  WorkstationRecord& workstation = place->second;
  tally_.Remove(workstation);
  const bool new_band = ClockBand(clock_offset) != ClockBand(workstation.clock_offset);
  workstation.clock_offset = clock_offset;
  workstation.last_report = std::max(workstation.last_report, received_at);
  SetState(workstation, received_at);
  // The clock is part of the verdict but not of the digest.
  if (new_band) workstation.verdict.next_change = absl::InfinitePast();
  SetDue(Kind::kWorkstation, workstation_id, workstation.due,
         std::min(workstation.verdict.next_change, workstation.state.next_change));
  tally_.Add(workstation);
  const absl::Time today = DayOf(received_at);
  for (const std::string& key : workstation.present) {
    const auto found = cards_.find(key);
    if (found == cards_.end()) continue;
    CardRecord& card = found->second;
    if (card.last_seen >= today && card.workstation_id == workstation_id) continue;
    tally_.Remove(card);
    card.last_seen = std::max(card.last_seen, today);
    MoveCard(card, workstation);
    card.verdict.next_change = absl::InfinitePast();
    SetDue(Kind::kCard, key, card.due, absl::InfinitePast());
    tally_.Add(card);
    if (!card.card_id.empty()) outcome.cards_seen.push_back(card.card_id);
  }
  ++revision_;
  return outcome;
}

}  // namespace kortvakt
