namespace ComputeVoucher.Chain.Tests;

/// <summary>What real nodes write when they do not just take a transaction.</summary>
public sealed class SendVerdictTests
{
    [Theory]
    [InlineData("already known", "Known")]
    [InlineData("transaction already imported", "Known")]
    [InlineData("AlreadyKnown", "Known")]
    [InlineData("Known transaction", "Known")]
    [InlineData("nonce too low: next nonce 5, tx nonce 4", "NonceSpent")]
    [InlineData("OldNonce, Current nonce: 5, nonce of rejected tx: 4", "NonceSpent")]
    [InlineData("replacement transaction underpriced", "NonceHeld")]
    [InlineData("could not replace existing tx", "NonceHeld")]
    [InlineData("transaction underpriced: tip needed 1, tip permitted 0", "FeeTooLow")]
    [InlineData("max fee per gas less than block base fee: address 0x1", "FeeTooLow")]
    [InlineData("FeeTooLowToCompete", "FeeTooLow")]
    [InlineData("Gas price below configured minimum gas price", "FeeTooLow")]
    [InlineData("insufficient funds for gas * price + value: balance 0", "NoFunds")]
    [InlineData("Insufficient funds for gas * price + value", "NoFunds")]
    [InlineData("InsufficientFunds, Account balance: 0", "NoFunds")]
    [InlineData("Upfront cost exceeds account balance", "NoFunds")]
    [InlineData("exceeds block gas limit", "Refused")]
    [InlineData("intrinsic gas too low", "Refused")]
    [InlineData("invalid sender", "Refused")]
    public void Of_NodesWords_Understood(string words, string verdict)
    {
        ChainException error = new(ChainFault.Rejected, $"http://a: {words} (code -32000)");
        Assert.Equal(verdict, SendVerdicts.Of(error).ToString());
    }

    [Theory]
    [InlineData(ChainFault.TimedOut)]
    [InlineData(ChainFault.Unreachable)]
    [InlineData(ChainFault.Malformed)]
    [InlineData(ChainFault.RateLimited)]
    public void Of_NoAnswer_UnknownNeverFailed(ChainFault fault)
    {
        ChainException error = new(fault, "nonce too low");
        Assert.Equal(SendVerdict.Unknown, SendVerdicts.Of(error));
    }
}
