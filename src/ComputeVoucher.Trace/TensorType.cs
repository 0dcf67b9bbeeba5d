namespace ComputeVoucher.Trace;

/// <summary>
/// Element types of tensors, by their numbers in the TensorFlow Lite schema (schema.fbs,
/// <c>enum TensorType</c>); the number is the <c>dtype</c> byte of a tensor hash.
/// </summary>
public enum TensorType : byte
{
    Int32 = 2,
    UInt8 = 3,
    Int64 = 4,
    Int16 = 7,
    Int8 = 9,
}
