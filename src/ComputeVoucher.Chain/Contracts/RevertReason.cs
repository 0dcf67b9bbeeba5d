using System;
using System.Collections.Generic;
using System.Globalization;
using System.Numerics;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>One error of a contract, and the sentence that says it to people.</summary>
/// <param name="Signature">As Solidity writes it, without blanks.</param>
/// <param name="Sentence">{n} is the n-th argument, {n:t} one that is a time, {n:x} a hash, {n:m} a
/// dispute's state, {n:r} the reason for a refused operator.</param>
/// <param name="IfZero">Instead, where the first argument is zero.</param>
internal sealed record RevertReason(string Signature, string Sentence, string? IfZero = null)
{
    /// <summary>Seconds at the end of year 9999, the last that has a date.</summary>
    private static readonly BigInteger s_lastDate = DateTimeOffset.MaxValue.ToUnixTimeSeconds();

    public string Name => Signature[..Signature.IndexOf('(', StringComparison.Ordinal)];

    /// <summary>Every error that the contracts and their tokens declare.</summary>
    public static IReadOnlyList<RevertReason> All { get; } =
    [
        new("NodeAlreadyJoined(address,address)",
            "node {0} belongs to provider {1} already, for good"),
        new("InvalidJoinSignature(address)",
            "the join is not signed by the key of node {0} for this sender"),
        new("NotProvider(address,address)", "{1} is not the provider of node {0}, which alone may"),
        new("NodeIsRevoked(address)", "node {0} was revoked by its provider, for good"),
        new("NoBond(address,address,address)",
            "node {0} has no bond of token {1} in front of court {2}"),
        new("BondExiting(address,address,address)",
            "the bond of node {0} (token {1}, court {2}) is on its way out"),
        new("BondLocked(uint40)", "the bond may not leave before {0:t}",
            "the bond may not leave: its exit was never started"),
        new("ZeroCourt()", "the class names no court, so nothing can be staked for it"),
        new("ZeroAmount()", "the amount is zero"),
        new("NothingToSettle()", "nothing was earned in this token since the last settlement"),
        new("InvalidRecipient(address)", "{0} cannot receive: nobody could use it there"),
        new("UnexpectedAmountReceived(uint256,uint256)",
            "the token moved {1} base units where {0} were asked: it cannot back a class"),
        new("UnknownClass(uint256)", "no unit of class {0:x} was ever bought"),
        new("ClassOutOfBounds(string)", "the class's {0} is outside of what the contract allows"),
        new("ClassExpired(uint64)", "the class ended on {0:t}: no purchase, opening or top-up"),
        new("RedemptionEnded(uint256)", "the time to redeem ended on {0:t}"),
        new("RedemptionOpen(uint256)", "units can be reclaimed from {0:t} on, not before"),
        new("NotMigratable(uint256,uint256)", "units of class {0:x} cannot become units of {1:x}: "
            + "another token, or an earlier end"),
        new("ClassMismatch(uint256,uint256)", "the channel is of class {1:x}, not of {0:x}"),
        new("NotHolder(address,address)", "{1} is not the channel's holder {0}, who alone may"),
        new("NotCourt(address,address)", "{1} is not the class's court {0}, which alone may"),
        new("UnknownNode(address)", "node {0} has not joined a provider"),
        new("ZeroSpendKey()", "the channel names no spend key"),
        new("ZeroUnits()", "the number of units is zero"),
        new("TooManyUnits(uint256,uint256)", "{0} units are too many, {1} are possible"),
        new("ChannelEnded(bytes32)", "channel {0} was closed: it never opens again"),
        new("ChannelNotOpen(bytes32)", "channel {0} is not open: closed, or never opened"),
        new("ChannelThawing(bytes32)", "channel {0} is thawing: no top-up, no second thaw"),
        new("NotThawed(uint40)", "the units come back from {0:t} on, not before",
            "the channel is not thawing: its thaw was never started"),
        new("InvalidAck(bytes32)", "the ack is not signed by the spend key of channel {0}"),
        new("InvalidRelease(bytes32)", "the release is not signed by the node of channel {0}"),
        new("InvalidRowsLength(uint256)", "{0} bytes of rows: 1 to 256 rows of 160 are wanted"),
        new("BatchNotMatured(uint256,uint40)", "batch {0} is paid from {1:t} on, not before"),
        new("BatchMatured(uint256,uint40)", "batch {0} matured on {1:t}: no refund any more"),
        new("InvalidRecords(uint256)", "the records are not those of batch {0}"),
        new("InvalidRow(uint256,uint256)", "row {1} of batch {0} is not this channel's"),
        new("RefundTooLarge(uint256,uint256)", "a refund of {0} is too much, {1} are possible"),
        new("MaturityOutOfBounds(uint40,uint40)",
            "a part of a batch cannot mature on {0:t}: from now on until {1:t} it can"),
        new("ReserveTooLarge(uint128,uint128)",
            "a reserve of {0} units is too much, {1} are possible"),
        new("ReserveTooLong(uint40,uint256)",
            "a reserve until {0:t} is too long, {1:t} is possible"),
        new("ERC20InsufficientBalance(address,uint256,uint256)",
            "{0} has {1} base units of the token, {2} are needed"),
        new("ERC20InsufficientAllowance(address,uint256,uint256)",
            "{0} may take {1} base units of the token, {2} are needed"),
        new("ERC20InvalidReceiver(address)", "the token cannot be sent to {0}"),
        new("ERC20InvalidSender(address)", "the token cannot be sent from {0}"),
        new("ERC1155InsufficientBalance(address,uint256,uint256,uint256)",
            "{0} has {1} units of class {3:x}, {2} are needed"),
        new("ERC1155InvalidReceiver(address)", "vouchers cannot be sent to {0}"),
        new("ERC1155MissingApprovalForAll(address,address)",
            "{0} may not move the vouchers of {1}"),
        new("ERC20InvalidApprover(address)", "{0} cannot give away what others may take of it"),
        new("ERC20InvalidSpender(address)", "{0} cannot be allowed to take base units"),
        new("ERC2612ExpiredSignature(uint256)", "the permit of the token ended on {0:t}"),
        new("ERC2612InvalidSigner(address,address)",
            "the permit of the token is signed by {0}, not by {1}"),
        new("ERC1155InvalidSender(address)", "vouchers cannot be sent from {0}"),
        new("ERC1155InvalidApprover(address)", "{0} cannot allow others to move its vouchers"),
        new("ERC1155InvalidOperator(address)", "{0} cannot be allowed to move vouchers"),
        new("ERC1155InvalidArrayLength(uint256,uint256)",
            "{0} classes and {1} amounts: as many of the one as of the other are wanted"),
        new("InvalidAccountNonce(address,uint256)",
            "the permit is not the next of {0}, which has number {1}"),
        new("ECDSAInvalidSignature()", "the signature is of no key"),
        new("ECDSAInvalidSignatureLength(uint256)", "a signature of {0} bytes: 65 are wanted"),
        new("ECDSAInvalidSignatureS(bytes32)", "the signature is the one of its two forms that "
            + "nobody takes: its s is {0}"),
        new("InvalidShortString()", "the name of the signatures' domain is damaged"),
        new("StringTooLong(string)", "{0}: too long for the name of the signatures' domain"),
        new("SafeERC20FailedOperation(address)", "the token {0} refused its transfer"),
        new("ReentrancyGuardReentrantCall()",
            "the token, or a receiver, called back into the contract"),
        .. CourtReasons.All,
    ];

    /// <summary>The sentence; the name alone where the arguments are not what it declares.
    /// </summary>
    public string Describe(ReadOnlySpan<byte> arguments)
    {
        string types = Signature[(Name.Length + 1)..^1];
        if (types.Length == 0)
        {
            return Sentence;
        }

        string sentence = Sentence;
        try
        {
            AbiReader reader = new(arguments);
            int at = 0;
            foreach (string type in types.Split(','))
            {
                string number = (at++).ToString(CultureInfo.InvariantCulture);
                switch (type)
                {
                    case "address":
                        sentence = Put(sentence, number, reader.ReadAddress().ToString());
                        break;
                    case "bytes32":
                        sentence = Put(sentence, number, reader.ReadBytes32().ToString());
                        break;
                    case "string":
                        sentence = Put(
                            sentence, number, RpcEnvelope.OneLine(reader.ReadString()));
                        break;
                    default:
                        UInt256 value = reader.ReadUInt256();
                        sentence = at == 1 && value.IsZero && IfZero is not null
                            ? IfZero
                            : Put(sentence, number, value);
                        break;
                }
            }
        }
        catch (FormatException)
        {
            return Name;
        }

        return sentence;
    }

    private static string Put(string sentence, string number, string value) =>
        sentence.Replace($"{{{number}}}", value, StringComparison.Ordinal);

    private static string Put(string sentence, string number, UInt256 value)
    {
        byte small = value.TryToUInt64(out ulong word) && word <= byte.MaxValue
            ? (byte)word
            : byte.MaxValue;
        return Put(sentence, number, value.ToString())
            .Replace($"{{{number}:t}}", Date(value), StringComparison.Ordinal)
            .Replace(
                $"{{{number}:x}}", value.ToBytes32().ToString(), StringComparison.Ordinal)
            .Replace($"{{{number}:m}}", CourtReasons.Move(small), StringComparison.Ordinal)
            .Replace($"{{{number}:r}}", CourtReasons.Refusal(small), StringComparison.Ordinal);
    }

    private static string Date(UInt256 seconds) => seconds.ToBigInteger() is var time
        && time <= s_lastDate
            ? DateTimeOffset.FromUnixTimeSeconds((long)time)
                .ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture)
            : seconds.ToString();
}
