namespace ComputeVoucher.Execution;

/// <summary>Shows one tensor of the trace; the view is valid during the call.</summary>
public delegate void TensorCallback(in TracedTensor tensor);
