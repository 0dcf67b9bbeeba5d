using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Client;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Cli;

/// <summary><c>court appoint|trust|record|collect|status</c>, and those of
/// <see cref="EvidenceCommands"/>: what a court offers the side of a channel.</summary>
internal sealed class CourtCommands
{
    private readonly Option<string> _watcher = Opt.Of<string>(
        "--watcher", "Who may act for the channel: watch, dispute, demand", "ADDRESS");

    private readonly Option<bool> _everybody = Opt.Flag(
        "--everybody", "Everybody may: for inputs that are no secret");

    private readonly Option<string> _verifier = Opt.Needed<string>(
        "--verifier", "A contract that says whether evidence holds (IEvidence)", "ADDRESS");

    private readonly Option<bool> _revoke = Opt.Flag("--revoke", "No longer");

    private readonly Option<string> _signer = Opt.Needed<string>(
        "--signer", "The contract that signed", "ADDRESS");

    private readonly Option<string> _hash = Opt.Needed<string>(
        "--hash", "EIP-712 hash of the struct, an Order or a Cancel", "HEX");

    private readonly Option<string> _signature = Opt.Of<string>(
        "--signature", "What the contract is shown (default: nothing)", "HEX");

    private readonly Option<ulong?> _seq = Opt.Of<ulong?>(
        "--seq", "Of one order of the channel: claim, demand, verdict", "N");

    public static Command Create()
    {
        CourtCommands court = new();
        Command group = new("court",
            "What a court offers the side of a channel: watchers, evidence, refunds, shares");
        group.Add(CreateSending("appoint", "The holder lets a watcher act for the channel",
            court.AppointAsync, court._watcher, court._everybody, court._revoke));
        group.Add(CreateSending("trust",
            "The holder trusts a verifier: what it finds right is paid at once",
            court.TrustAsync, court._verifier, court._revoke));
        group.Add(CreateSending("record",
            "Keep on file, for good, that a contract signed an order or a Cancel",
            court.RecordAsync, court._signer, court._hash, court._signature));
        group.Add(CreateSending("collect",
            "Fetch what convictions brought: refunds, the channel's share of a bond, deposits",
            CollectAsync));
        group.Add(ReportCommand.CreateReading("status",
            "What the court knows of the channel, its node and one of its orders",
            court.StatusAsync, ClientOptions.Channel, CourtChannel.Class, court._seq));
        EvidenceCommands.AddTo(group);
        return group;
    }

    private static Command CreateSending(string name, string meaning,
        Func<ParseResult, ChainSession, CourtChannel, CancellationToken, Task<Report>> run,
        params IEnumerable<Symbol> symbols) => ReportCommand.CreateSending(name, meaning,
            async (parsed, chain, cancel) => await run(parsed, chain,
                await CourtChannel.OpenAsync(parsed, chain, cancel).ConfigureAwait(false), cancel)
                .ConfigureAwait(false),
            [ClientOptions.Channel, CourtChannel.Class, .. symbols]);

    private async Task<Report> AppointAsync(
        ParseResult parsed, ChainSession chain, CourtChannel at, CancellationToken cancel)
    {
        bool isNamed = parsed.GetValue(_watcher) is not null;
        if (isNamed == parsed.GetValue(_everybody))
        {
            throw new UsageException(
                $"court appoint: either {_watcher.Name} ADDRESS or {_everybody.Name} is wanted");
        }

        Address watcher = isNamed
            ? AddressOption.Parse(parsed, _watcher) : CourtContract.Everybody;
        at.RequireHolder(chain.Account);
        bool isOn = !parsed.GetValue(_revoke);
        TransactionReceipt receipt = await chain.Sender.SendAsync("appoint", at.Court.Address,
            CourtContract.Appoint(at.Channel, watcher, isOn), cancel).ConfigureAwait(false);
        return at.Report(receipt)
            .Add("watcher", isNamed ? watcher.ToString() : "everybody")
            .Add("mayAct", isOn);
    }

    private async Task<Report> TrustAsync(
        ParseResult parsed, ChainSession chain, CourtChannel at, CancellationToken cancel)
    {
        Address verifier = AddressOption.Parse(parsed, _verifier);
        at.RequireHolder(chain.Account);
        bool isOn = !parsed.GetValue(_revoke);
        if (isOn && (await chain.Rpc.CodeAsync(verifier, BlockTag.Latest, cancel)
            .ConfigureAwait(false)).Length == 0)
        {
            throw new CommandException($"{verifier} is no contract: no evidence would ever hold "
                + "(name the verifier's address)");
        }

        TransactionReceipt receipt = await chain.Sender.SendAsync("trust", at.Parts.Claims,
            ClaimsContract.Trust(at.Channel, verifier, isOn), cancel).ConfigureAwait(false);
        return at.Report(receipt).Add("verifier", verifier.ToString()).Add("trusted", isOn);
    }

    private async Task<Report> RecordAsync(
        ParseResult parsed, ChainSession chain, CourtChannel at, CancellationToken cancel)
    {
        Address signer = AddressOption.Parse(parsed, _signer);
        string text = parsed.GetRequiredValue(_hash);
        if (!Bytes32.TryParse(text, out Bytes32 hash))
        {
            throw new UsageException($"{_hash.Name} {text}: 64 hexadecimal digits are wanted");
        }

        byte[] signature = HexOption.Parse(_signature, parsed.GetValue(_signature) ?? "");
        TransactionReceipt receipt = await chain.Sender.SendAsync("record", at.Court.Address,
            CourtContract.Record(signer, hash, signature), cancel).ConfigureAwait(false);
        return at.Report(receipt).Add("signer", signer.ToString()).Add("hash", hash.ToString());
    }

    private static async Task<Report> CollectAsync(
        ParseResult parsed, ChainSession chain, CourtChannel at, CancellationToken cancel)
    {
        Collector collector = new(chain.Rpc, chain.Deployment.Vouchers, at.Court, at.Parts,
            chain.Deployment.Block);
        Collected got = await collector.CollectAsync(
            at.Terms, at.Channel, chain.Sender, ErrorFunnel.Note, cancel).ConfigureAwait(false);
        Report report = at.Report(null)
            .Add("refunded", got.Refunded)
            .Add("share", got.Shared)
            .Add("deposits", got.Wei)
            .Add("settled", got.Settled);
        return got.ShareFrom is not { } from ? report : report
            .AddTime("shareFrom", from);
    }

    private async Task<Report> StatusAsync(
        ParseResult parsed, ChainSession chain, CancellationToken cancel)
    {
        CourtChannel at = await CourtChannel.OpenAsync(parsed, chain, cancel)
            .ConfigureAwait(false);
        BlockHeader head = await chain.Rpc.BlockAsync(BlockTag.Latest, cancel)
            .ConfigureAwait(false)
            ?? throw new ChainException(ChainFault.Malformed, "the chain has no latest block");
        BlockTag block = BlockTag.Number(head.Number);
        Report report = at.Report(null)
            .Add("node", at.Channel.Node.ToString())
            .Add("convicted", await at.Court.CondemnedAsync(
                at.Channel.Node, at.Terms.Token, block, cancel).ConfigureAwait(false))
            .Add("openToEverybody", await at.Court.MayActAsync(
                at.Channel, CourtContract.Everybody, block, cancel).ConfigureAwait(false));
        List<Report> shares = [];
        foreach (CourtShare one in await new CaseGains(
            chain.Rpc, chain.Deployment.Vouchers, at.Court, chain.Deployment.Block)
            .SharesAsync(at.Terms, at.Channel, head, cancel).ConfigureAwait(false))
        {
            shares.Add(new Report()
                .Add("to", one.Share.To.ToString())
                .AddTime("from", one.From)
                .Add("isFinal", one.Amount is not null));
        }

        report.Add("shares", shares);
        return parsed.GetValue(_seq) is not { } seq ? report : report.Add("order",
            await OrderAsync(chain, at, seq, block, cancel).ConfigureAwait(false));
    }

    private static async Task<Report> OrderAsync(ChainSession chain, CourtChannel at, ulong seq,
        BlockTag block, CancellationToken cancel)
    {
        Bytes32 id = at.Channel.HashStruct();
        CaseState state = await at.Court.CaseAsync(id, seq, block, cancel).ConfigureAwait(false);
        Demand demand = await new ClaimsContract(chain.Rpc, at.Parts.Claims)
            .DemandAsync(id, seq, block, cancel).ConfigureAwait(false);
        return new Report()
            .Add("seq", seq)
            .Add("convicted", state.IsConvicted)
            .Add("late", state.IsLate)
            .Add("finalised", state.IsFinalised)
            .Add("disputes", state.Disputes)
            .AddTime("claimedAt", state.ClaimedAt)
            .Add("claimed", state.Value + state.More)
            .Add("refundable", state.Refundable)
            .Add("refunded", state.Refunded)
            .Add("demand", demand.RespondBy == 0 ? "none"
                : demand.IsEnded ? "ended"
                : demand.WantsInput ? "wants the input" : "open")
            .AddTime("demandDueBy", demand.RespondBy);
    }
}
