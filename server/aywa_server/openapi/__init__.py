"""The OpenAPI document: what each route takes and answers, out of the models that judge it."""
