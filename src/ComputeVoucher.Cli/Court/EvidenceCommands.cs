using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Execution;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Cli;

/// <summary><c>court vouch|finalise|attest|smaller</c>: what is done with the evidence of one
/// order, a file of `request --evidence`.</summary>
internal sealed class EvidenceCommands
{
    private readonly Argument<string> _order = new("ORDER")
    {
        Description = "The order's file in the folder of `request --evidence`",
    };

    private readonly Option<string> _verifier = Opt.Needed<string>(
        "--verifier", "The contract that the channel's holder trusts (court trust)", "ADDRESS");

    private readonly Option<string> _proof = Opt.Of<string>(
        "--proof", "What the verifier is shown", "HEX");

    private readonly Option<string[]> _signatures = Opt.Of<string[]>(
        "--signature", "In place of a proof: the word of a member of a committee, from `court "
            + "vouch`; as many as it wants", "HEX");

    private readonly Option<string> _memberKey = Opt.Needed<string>(
        "--member-key", "Key file of a member of the committee", "FILE");

    private readonly Option<string> _model = Opt.Needed<string>(
        "--model", "The model that was ordered: the order is run again before anything is signed",
        "FILE");

    public static void AddTo(Command group)
    {
        EvidenceCommands evidence = new();
        group.Add(ReportCommand.Create("vouch",
            "As a member of a committee: run an order again, and sign that its receipt is right",
            evidence.Vouch, evidence._order, CommonOptions.Deployment, evidence._verifier,
            evidence._memberKey, evidence._model));
        group.Add(evidence.CreateSending("finalise",
            "Pay a claimed order at once, by evidence that its holder trusts",
            evidence.FinaliseAsync, evidence._verifier, evidence._proof, evidence._signatures));
        group.Add(evidence.CreateSending("attest",
            "Keep evidence on file, so that claims of the order pay the proof too",
            evidence.AttestAsync, evidence._verifier, evidence._proof, evidence._signatures));
        group.Add(evidence.CreateSending("smaller",
            "Show a receipt of fewer steps than a claim charged for: the difference comes back",
            SmallerAsync));
    }

    private Command CreateSending(string name, string meaning,
        Func<ParseResult, ChainSession, CourtChannel, EvidencedOrder, CancellationToken,
            Task<Report>> run,
        params IEnumerable<Symbol> symbols) => ReportCommand.CreateSending(name, meaning,
            async (parsed, chain, cancel) =>
            {
                EvidencedOrder order = EvidencedOrder.Load(
                    parsed.GetRequiredValue(_order), chain.Deployment.Domain);
                CourtChannel at = await CourtChannel.OpenAsync(
                    chain, order.Brief.Class, order.Brief.Channel, cancel).ConfigureAwait(false);
                return await run(parsed, chain, at, order, cancel).ConfigureAwait(false);
            },
            [_order, .. symbols]);

    private Report Vouch(ParseResult parsed)
    {
        DeploymentFile deployment =
            DeploymentFile.Load(parsed.GetRequiredValue(CommonOptions.Deployment));
        Address verifier = AddressOption.Parse(parsed, _verifier);
        EvidencedOrder order = EvidencedOrder.Load(
            parsed.GetRequiredValue(_order), deployment.Domain);
        using PrivateKey member = KeyFile.Load(parsed.GetRequiredValue(_memberKey));
        using (IModel model = ModelFile.Open(parsed.GetRequiredValue(_model)))
        {
            order.RunAgain(model);
        }

        Signature signature = member.Sign(
            new EvidenceClaim(order.Brief, order.Receipt).Digest(verifier, deployment.ChainId));
        return new Report()
            .Add("orderHash", order.Receipt.OrderHash.ToString())
            .Add("member", member.Address.ToString())
            .Add("verifier", verifier.ToString())
            .Add("signature", signature.ToString());
    }

    private async Task<Report> FinaliseAsync(ParseResult parsed, ChainSession chain,
        CourtChannel at, EvidencedOrder order, CancellationToken cancel)
    {
        Address verifier = AddressOption.Parse(parsed, _verifier);
        byte[] evidence = EvidenceOf(parsed, order, verifier, chain.Deployment.ChainId);
        CaseState state = await StateAsync(at, order, cancel).ConfigureAwait(false);
        if (state.BatchId == 0)
        {
            throw new CommandException($"order {order.Brief.Order.Seq} was never claimed, or its "
                + "claim paid nothing: there is nothing to pay early (what was acknowledged is "
                + "redeemed by the node)");
        }

        BlockHeader head = await chain.Rpc.BlockAsync(BlockTag.Latest, cancel)
            .ConfigureAwait(false)
            ?? throw new ChainException(ChainFault.Malformed, "the chain has no latest block");
        byte[] records = await EscrowedRows.RecordsAsync(chain.Rpc, chain.Deployment.Vouchers,
            state.BatchId, chain.Deployment.Block, head, cancel).ConfigureAwait(false)
            ?? throw new CommandException($"batch {state.BatchId} is not in this endpoint's logs "
                + "(ask one that keeps them)");
        TransactionReceipt receipt = await chain.Sender.SendAsync("finalise", at.Parts.Claims,
            ClaimsContract.Finalise(
                order.Brief, order.Receipt, order.Record, verifier, evidence, records), cancel)
            .ConfigureAwait(false);
        return Describe(at.Report(receipt), order).Add("verifier", verifier.ToString());
    }

    private async Task<Report> AttestAsync(ParseResult parsed, ChainSession chain,
        CourtChannel at, EvidencedOrder order, CancellationToken cancel)
    {
        Address verifier = AddressOption.Parse(parsed, _verifier);
        byte[] evidence = EvidenceOf(parsed, order, verifier, chain.Deployment.ChainId);
        TransactionReceipt receipt = await chain.Sender.SendAsync("attest", at.Parts.Claims,
            ClaimsContract.Attest(order.Brief, order.Receipt, order.Record, verifier, evidence),
            cancel).ConfigureAwait(false);
        return Describe(at.Report(receipt), order).Add("verifier", verifier.ToString());
    }

    private static async Task<Report> SmallerAsync(ParseResult parsed, ChainSession chain,
        CourtChannel at, EvidencedOrder order, CancellationToken cancel)
    {
        CaseState state = await StateAsync(at, order, cancel).ConfigureAwait(false);
        if (order.Smallest.Units >= state.Charged)
        {
            throw new CommandException($"claims charged {state.Charged} units for order "
                + $"{order.Brief.Order.Seq}, and the receipt says {order.Smallest.Units}: there is "
                + "nothing to give back");
        }

        TransactionReceipt receipt = await chain.Sender.SendAsync("smaller", at.Court.Address,
            CourtContract.ShowSmaller(order.Brief, order.Smallest), cancel).ConfigureAwait(false);
        state = await StateAsync(at, order, cancel).ConfigureAwait(false);
        return Describe(at.Report(receipt), order)
            .Add("units", order.Smallest.Units)
            .Add("refundable", state.Refundable - state.Refunded);
    }

    private static Task<CaseState> StateAsync(
        CourtChannel at, EvidencedOrder order, CancellationToken cancel) => at.Court.CaseAsync(
            order.Brief.Order.Channel, order.Brief.Order.Seq, BlockTag.Latest, cancel);

    private static Report Describe(Report report, EvidencedOrder order) => report
        .Add("seq", order.Brief.Order.Seq)
        .Add("orderHash", order.Receipt.OrderHash.ToString());

    private byte[] EvidenceOf(
        ParseResult parsed, EvidencedOrder order, in Address verifier, ulong chainId)
    {
        string[] signatures = parsed.GetValue(_signatures) ?? [];
        if (parsed.GetValue(_proof) is { } proof && signatures.Length == 0)
        {
            return HexOption.Parse(_proof, proof);
        }

        if (signatures.Length == 0 || parsed.GetValue(_proof) is not null)
        {
            throw new UsageException(
                $"either {_proof.Name} HEX or {_signatures.Name} HEX is wanted");
        }

        Bytes32 digest = new EvidenceClaim(order.Brief, order.Receipt).Digest(verifier, chainId);
        return InOrder(digest, signatures);
    }

    /// <summary>By the addresses of the signers, as Committee.sol counts them.</summary>
    private byte[] InOrder(in Bytes32 digest, string[] signatures)
    {
        SortedDictionary<string, Signature> members = new(StringComparer.Ordinal);
        foreach (string text in signatures)
        {
            if (!Signature.TryParse(text, out Signature signature)
                || !Secp256k1.TryRecover(digest, signature, out Address member))
            {
                throw new UsageException($"{_signatures.Name} {text}: no signature of 64 bytes");
            }

            members[Hex.Encode(member.Span)] = signature;
        }

        List<byte> bytes = [];
        foreach (Signature signature in members.Values)
        {
            bytes.AddRange(signature.Span);
        }

        return [.. bytes];
    }
}
