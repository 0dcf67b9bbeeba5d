using System;
using ComputeVoucher.Chain;
using ComputeVoucher.Client;
using ComputeVoucher.Disputes;
using ComputeVoucher.Execution;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Cli;

/// <summary>An order and what its node signed about it, from the evidence that was kept.</summary>
internal sealed class EvidencedOrder
{
    private readonly EvidenceBundle _bundle;
    private readonly Receipt _receipt;

    private EvidencedOrder(EvidenceBundle bundle, in Brief brief, in Receipt receipt,
        in Signature signature)
    {
        (_bundle, _receipt, Brief) = (bundle, receipt, brief);
        Smallest = Receipt = SignedStatement.Of(receipt, signature);
        if (SignedPayload.Decode(bundle.OtherReceipt.Span, out Receipt other, out Signature by)
            == RefusalReason.None && other.Units < receipt.Units)
        {
            Smallest = SignedStatement.Of(other, by);
        }
    }

    /// <summary>Class, channel, order.</summary>
    public Brief Brief { get; }

    /// <summary>The first that came.</summary>
    public SignedStatement Receipt { get; }

    /// <summary>That of the fewest units, where the node signed two.</summary>
    public SignedStatement Smallest { get; }

    /// <summary>The first leaf of a language model's record; none of a graph's input.</summary>
    public RecordOpening Record
    {
        get
        {
            if (InputRecord.Root(_bundle.Input.Span) != Brief.Order.InputRoot)
            {
                return RecordOpening.None;
            }

            (byte[] leaf, Bytes32[] path) = RecordHead.Open(_bundle.Input.Span);
            return new RecordOpening(0, leaf, path);
        }
    }

    /// <exception cref="CommandException">Of another deployment, wrongly signed, or without a
    /// receipt.</exception>
    public static EvidencedOrder Load(string file, VoucherDomain domain)
    {
        EvidenceBundle bundle = EvidenceFolder.Read(file);
        string? fault = bundle.Domain.VouchersSeparator != domain.VouchersSeparator
                ? "it is of another chain or deployment (name that deployment)"
            : bundle.Check() is not RefusalReason.None and var reason
                ? $"a signature in it is wrong: {Refusals.Describe(reason)}"
            : bundle.Receipt.IsEmpty
                ? "the node has signed no receipt of this order (there is nothing to show yet)"
            : null;
        if (fault is not null)
        {
            throw new CommandException($"{file}: {fault}");
        }

        _ = SignedPayload.Decode(bundle.Order.Span, out Order order, out Signature ordered);
        _ = SignedPayload.Decode(bundle.Receipt.Span, out Receipt receipt, out Signature signed);
        return new EvidencedOrder(
            bundle, new Brief(bundle.Class, bundle.Channel, order, ordered), receipt, signed);
    }

    /// <summary>Runs it once more, and only as far as the receipt says: so whether that was its end
    /// is asked too.</summary>
    /// <exception cref="CommandException">Another model, another result than the receipt's, or less
    /// than was ordered though nobody cancelled.</exception>
    public void RunAgain(IModel model)
    {
        Order order = Brief.Order;
        if (order.ModelRoot != model.ModelRoot)
        {
            throw new CommandException($"the order names model {order.ModelRoot}, the file is "
                + $"{model.ModelRoot} (give the model that was ordered)");
        }

        RefusalReason refusal = ReceiptCheck.CheckFields(order, _receipt, WorkOf(order, model));
        if (refusal != RefusalReason.None)
        {
            throw new CommandException($"the receipt of order {order.Seq} is wrong, nothing is "
                + $"signed: {Refusals.Describe(refusal)} (bring it before the court: "
                + "computevoucher watch)");
        }
    }

    private KnownWork WorkOf(in Order order, IModel model)
    {
        ReadOnlySpan<byte> input = _bundle.Input.Span;
        WantedProofs proofs = CostTable.ProofsOf((byte)order.Flags);
        bool isNothing = _receipt.Steps == 0;
        RunResult result;
        if (isNothing)
        {
            // A bound of zero steps would be none.
            result = RunResult.Nothing(model.CheckInput(input).InputRoot);
        }
        else
        {
            using IModelSession session = model.CreateSession(Backend.Auto, 1);
            result = session.Run(input, new RunOptions
            {
                Trace = !_receipt.TraceRoot.IsZero,
                StepsMax = _receipt.Steps,
                Proofs = proofs,
            });
        }

        return new KnownWork
        {
            InputRoot = result.InputRoot,
            OutputRoot = result.OutputRoot,
            TraceRoot = result.TraceRoot,
            Steps = result.Steps,
            Units = result.Units,
            IsWhole = !isNothing && model.CheckOutput(input, result.Output, proofs).IsWhole,
            IsCancelled = !_bundle.Cancel.IsEmpty,
        };
    }
}
