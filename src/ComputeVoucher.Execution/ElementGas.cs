using System;

namespace ComputeVoucher.Execution;

/// <summary>
/// What judging one element on a chain costs, counted beforehand: the transaction's base and the
/// greater of two things, calldata at its floor price or calldata and arithmetic together
/// (EIP-7623). Measured on the contracts (anvil, hard fork prague, solc 0.8.37); a whole conviction
/// takes about 110,000 more, for order, receipt and their signatures.
/// </summary>
public static class ElementGas
{
    /// <summary>
    /// The most that import and registry admit for one element, in gas: a thirtieth of the 30 M
    /// that a block was limited to when transactions became limited to 16.7 M (EIP-7825).
    /// </summary>
    public const long Max = 1_000_000;

    /// <summary>
    /// Longest proof that is read, in bytes: go-ethereum's pool refuses transactions over 128 KiB
    /// (txMaxSize); a quarter of that is left to framing.
    /// </summary>
    public const int BytesMax = 96 << 10;

    /// <summary>A transaction without anything, in gas (yellow paper).</summary>
    private const long Transaction = 21_000;

    /// <summary>A byte that is not zero, at the floor price (EIP-7623).</summary>
    private const long FloorByte = 40;

    /// <summary>A byte that is not zero (EIP-2028), and its share of a leaf's hash.</summary>
    private const long Byte = 16 + 2;

    /// <summary>A product of two bytes, eight of them in one multiplication.</summary>
    private const long Product = 10;

    /// <summary>An exponential of gemmlowp's fixed point.</summary>
    private const long Exponential = 1_300;

    /// <summary>
    /// What judging an element of a graph takes beside these: the run's own words, the operator's
    /// site, the paths.
    /// </summary>
    private const long Fixed = 60_000;

    /// <summary>An element of a row that is counted into a histogram of byte values.</summary>
    private const long Counted = 115;

    /// <summary>
    /// An int16 number times a weight out of a cell of blocks: rows of 4,096 in every form.
    /// </summary>
    private const long RowProduct = 75;

    /// <summary>A number of a row of which squares are summed up.</summary>
    private const long RowSquare = 320;

    /// <summary>
    /// A value of a weighted sum that is claimed, with its weight and what is compared.
    /// </summary>
    private const long RowClaimed = 400;

    /// <summary>
    /// What an element of a language model takes beside these: up to eight tensors of the list,
    /// each found and proven.
    /// </summary>
    private const long RowFixed = 160_000;

    /// <summary>A candidate of a draw: division, exponential, two sums.</summary>
    private const long Candidate = 320;

    /// <summary>Gas of one transaction that judges one element of a graph.</summary>
    /// <param name="bytes">Of the proof.</param>
    /// <param name="products">Of two operands.</param>
    /// <param name="exponentials">Evaluated.</param>
    /// <param name="counted">Elements of a row of exponentials.</param>
    public static long Of(
        long bytes, long products = 0, long exponentials = 0, long counted = 0) =>
        Transaction + Fixed + Math.Max(
            FloorByte * bytes,
            Byte * bytes + Product * products + Exponential * exponentials + Counted * counted);

    /// <summary>The same of a language model.</summary>
    /// <param name="bytes">Of the proof.</param>
    /// <param name="products">Of a number and a weight.</param>
    /// <param name="squares">Of numbers.</param>
    /// <param name="claimed">Values of a weighted sum.</param>
    /// <param name="candidates">Tokens that a draw chooses among.</param>
    public static long OfRow(
        long bytes, long products = 0, long squares = 0, long claimed = 0, long candidates = 0) =>
        Transaction + Math.Max(
            FloorByte * bytes,
            Byte * bytes + RowFixed + RowProduct * products + RowSquare * squares
                + RowClaimed * claimed + Candidate * candidates);
}
