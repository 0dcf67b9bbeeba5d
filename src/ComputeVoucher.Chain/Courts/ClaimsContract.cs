using System;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Chain;

/// <summary>Claims.sol with its pages Deliveries, Demands and Finality: data of transactions
/// (static), and reads at a block.</summary>
public sealed class ClaimsContract
{
    private readonly ContractReader _reader;

    public ClaimsContract(JsonRpcClient rpc, Address address)
    {
        ArgumentNullException.ThrowIfNull(rpc);
        Address = address;
        Fees = new FeesContract(rpc, address);
        _reader = new ContractReader(rpc, address);
    }

    public Address Address { get; }

    /// <summary>Ether that pays for answers to demands.</summary>
    public FeesContract Fees { get; }

    /// <summary>Redeems orders without an ack; anyone may.</summary>
    /// <param name="deliveries">Ascending from the start's nextSeq on.</param>
    public static byte[] Claim(
        in VoucherClass terms,
        in ChannelTerms channel,
        in ClaimStart start,
        ReadOnlySpan<Delivery> deliveries)
    {
        AbiWriter elements = new();
        foreach (Delivery delivery in deliveries)
        {
            elements.Write(delivery);
        }

        return new AbiWriter()
            .Write(terms)
            .Write(channel)
            .Write(start)
            .WriteArray(deliveries.Length, elements)
            .ToCall(ClaimsAbi.Claim.Selector);
    }

    /// <summary>Demands the result of an accepted order; prepays the answer.</summary>
    /// <param name="dueAt">Of the Accept, Unix seconds.</param>
    /// <param name="accepted">The node's, over the Accept.</param>
    /// <param name="first">Leaf 0 of a language model's record; none for a graph.</param>
    public static byte[] Ask(
        in Brief brief, ulong dueAt, in Signature accepted, in RecordOpening first) =>
        new AbiWriter()
            .Write(brief)
            .Write(dueAt)
            .Write(accepted)
            .Write(first)
            .ToCall(ClaimsAbi.Ask.Selector);

    /// <summary>Answers a demand without claiming; anyone may.</summary>
    public static byte[] Answer(
        in VoucherClass terms, in ChannelTerms channel, in Delivery delivery) => new AbiWriter()
            .Write(terms)
            .Write(channel)
            .Write(delivery)
            .ToCall(ClaimsAbi.Answer.Selector);

    /// <summary>The provider has lost the input, and says so once.</summary>
    public static byte[] WantInput(in Brief brief) =>
        new AbiWriter().Write(brief).ToCall(ClaimsAbi.WantInput.Selector);

    /// <summary>Shows the input; anyone may.</summary>
    public static byte[] ShowInput(in Brief brief, ReadOnlySpan<byte> input) =>
        new AbiWriter().Write(brief).WriteBytes(input).ToCall(ClaimsAbi.ShowInput.Selector);

    /// <summary>Ends a demand whose time is over; anyone may.</summary>
    public static byte[] Timeout(in VoucherClass terms, in ChannelTerms channel, ulong seq) =>
        new AbiWriter()
            .Write(terms)
            .Write(channel)
            .Write(seq)
            .ToCall(ClaimsAbi.Timeout.Selector);

    /// <summary>The holder trusts a verifier's evidence for a channel, or no longer.</summary>
    public static byte[] Trust(in ChannelTerms channel, Address verifier, bool isOn) =>
        new AbiWriter()
            .Write(channel)
            .Write(verifier)
            .Write(isOn)
            .ToCall(ClaimsAbi.Trust.Selector);

    /// <summary>Frees a claimed order's money by evidence; anyone may.</summary>
    /// <param name="first">Leaf 0 of a language model's record; none for a graph.</param>
    /// <param name="records">Of the batch that the claim made.</param>
    public static byte[] Finalise(
        in Brief brief,
        in SignedStatement receipt,
        in RecordOpening first,
        Address verifier,
        ReadOnlySpan<byte> evidence,
        ReadOnlySpan<byte> records) => new AbiWriter()
            .Write(brief)
            .Write(receipt)
            .Write(first)
            .Write(verifier)
            .WriteBytes(evidence)
            .WriteBytes(records)
            .ToCall(ClaimsAbi.Finalise.Selector);

    /// <summary>Evidence for a receipt, so that a claim pays the proof that was ordered; anyone
    /// may.</summary>
    /// <param name="first">Leaf 0 of a language model's record; none for a graph.</param>
    public static byte[] Attest(
        in Brief brief,
        in SignedStatement receipt,
        in RecordOpening first,
        Address verifier,
        ReadOnlySpan<byte> evidence) => new AbiWriter()
            .Write(brief)
            .Write(receipt)
            .Write(first)
            .Write(verifier)
            .WriteBytes(evidence)
            .ToCall(ClaimsAbi.Attest.Selector);

    /// <summary>The deliveries of a claim call; false for any other data.</summary>
    public static bool TryReadClaim(
        ReadOnlySpan<byte> data, out ChannelTerms channel, out Delivery[] deliveries)
    {
        bool isRead = ClaimsAbi.Claim.TryRead(data, out var call, (ref reader) =>
        {
            reader.ReadClass();
            ChannelTerms terms = reader.ReadChannel();
            reader.ReadUInt128();
            reader.ReadUInt64();
            reader.ReadSignature();
            AbiReader elements = reader.ReadArray(Bytes32.Size, out int count);
            Delivery[] all = new Delivery[count];
            for (int i = 0; i < count; i++)
            {
                all[i] = elements.ReadDelivery();
            }

            return (terms, all);
        });
        (channel, deliveries) = isRead ? call : (default, []);
        return isRead;
    }

    /// <summary>The one delivery of an answer call; false for any other data.</summary>
    public static bool TryReadAnswer(
        ReadOnlySpan<byte> data, out ChannelTerms channel, out Delivery[] deliveries)
    {
        bool isRead = ClaimsAbi.Answer.TryRead(data, out var call, (ref reader) =>
        {
            reader.ReadClass();
            return (reader.ReadChannel(), (Delivery[])[reader.ReadDelivery()]);
        });
        (channel, deliveries) = isRead ? call : (default, []);
        return isRead;
    }

    /// <summary>The input that was shown; false for any other data.</summary>
    public static bool TryReadInput(ReadOnlySpan<byte> data, out byte[] input)
    {
        bool isRead = ClaimsAbi.ShowInput.TryRead(data, out byte[]? read, (ref reader) =>
        {
            reader.ReadClass();
            reader.ReadChannel();
            reader.ReadOrder();
            reader.ReadSignature();
            return reader.ReadBytes().ToArray();
        });
        input = read ?? [];
        return isRead;
    }

    public Task<Demand> DemandAsync(
        Bytes32 channel, ulong seq, BlockTag block, CancellationToken cancel) => _reader.ReadAsync(
            new AbiWriter().Write(channel).Write(seq).ToCall(ClaimsAbi.DemandOf.Selector),
            8,
            block,
            (ref r) => r.ReadDemand(),
            cancel);

    /// <summary>Whether a claim may begin at these sums without an ack.</summary>
    public Task<bool> IsCheckpointAsync(
        Bytes32 channel,
        UInt128 cumUnits,
        ulong nextSeq,
        BlockTag block,
        CancellationToken cancel)
    {
        byte[] words = new AbiWriter().Write(channel).Write(cumUnits).Write(nextSeq).ToArray();
        return _reader.BoolAsync(
            new AbiWriter()
                .Write(Keccak256.Hash(words))
                .ToCall(ClaimsAbi.CheckpointOf.Selector),
            block,
            cancel);
    }
}

/// <summary>What src/contracts/courts/Claims.sol declares and Chain uses.</summary>
internal static class ClaimsAbi
{
    public static readonly ContractFunction Claim = new(
        0xe3fe0f9b,
        $"claim({VouchersAbi.ClassType},{VouchersAbi.ChannelType},{CourtStructs.StartType},"
            + $"{CourtStructs.DeliveryType}[])");

    public static readonly ContractFunction Ask = new(
        0xe32957eb,
        $"ask({CourtStructs.BriefType},uint64,{CourtStructs.SignatureType},"
            + $"{CourtStructs.OpeningType})");

    public static readonly ContractFunction Answer = new(
        0x2f584639,
        $"answer({VouchersAbi.ClassType},{VouchersAbi.ChannelType},{CourtStructs.DeliveryType})");

    public static readonly ContractFunction WantInput =
        new(0xb5131b79, $"wantInput({CourtStructs.BriefType})");

    public static readonly ContractFunction ShowInput =
        new(0x5f265bde, $"showInput({CourtStructs.BriefType},bytes)");

    public static readonly ContractFunction Timeout =
        new(0xfa2f9bb8, $"timeout({VouchersAbi.ClassType},{VouchersAbi.ChannelType},uint64)");

    public static readonly ContractFunction Trust =
        new(0x9d6191b8, $"trust({VouchersAbi.ChannelType},address,bool)");

    public static readonly ContractFunction Finalise = new(
        0xfb121735,
        $"finalise({CourtStructs.BriefType},{CourtStructs.StatementType},"
            + $"{CourtStructs.OpeningType},address,bytes,bytes)");

    public static readonly ContractFunction Attest = new(
        0x127b1f8e,
        $"attest({CourtStructs.BriefType},{CourtStructs.StatementType},"
            + $"{CourtStructs.OpeningType},address,bytes)");

    public static readonly ContractFunction DemandOf = new(0x45167c0d, "demandOf(bytes32,uint64)");

    public static readonly ContractFunction CheckpointOf = new(0x5b34eba0, "checkpoint(bytes32)");

    public static readonly ContractEvent Trusted = new(
        "1f7d5914c3e3eaa40334c1e5e8358e47e67bb13cb34b02f3282838d54ad9b8bf",
        "Trusted(bytes32,address,bool)");

    public static readonly ContractEvent Checkpoint = new(
        "9755427f65a9cc8ac208ab4c6de1a2875355809917c80a85d5e72e932ce1c981",
        "Checkpoint(bytes32,uint128,uint64)");

    public static readonly ContractEvent Asked = new(
        "838acec3892a022e8d5fa700824983c765d097833ee0a373704678794e38c22f",
        "Asked(bytes32,uint64,address,uint40)");

    public static readonly ContractEvent DemandEnded = new(
        "3ef5c32e404d623144d518ced17e8aa9380330ef2afc6032785245d6c12aed53",
        "DemandEnded(bytes32,uint64,bool)");

    public static readonly ContractEvent InputWanted = new(
        "2d7d8568cb894f697873d63d0255fb69b2f7521f9b174b191f5207d686b36749",
        "InputWanted(bytes32,uint64,uint40)");

    public static readonly ContractEvent InputShown = new(
        "b7b31400cb3838344c3243fa093c68b5f82260e45c919355341def5ce0f8767f",
        "InputShown(bytes32,uint64,uint40)");
}
